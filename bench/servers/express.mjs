// Express with express-openapi-validator, express-jwt and express-rate-limit.
import { fileURLToPath } from 'node:url'
import express from 'express'
import { expressjwt } from 'express-jwt'
import { middleware } from 'express-openapi-validator'
import { rateLimit } from 'express-rate-limit'
import { createItem, getItem, limit, logRequest, ping, port, secret, window } from './common.mjs'

const app = express()
app.disable('x-powered-by').disable('etag')
app.use((req, res, next) => {
  const start = performance.now()
  res.on('finish', () => logRequest(req.method, req.originalUrl, res.statusCode, start, undefined, req.auth?.sub))
  next()
})
app.use(expressjwt({ secret, algorithms: ['HS256'] }).unless({ path: ['/ping'] }))
app.use(
  '/items',
  rateLimit({ windowMs: window, limit, keyGenerator: (req) => req.auth.sub, legacyHeaders: false, standardHeaders: 'draft-6' }),
)
app.use(express.json())
app.use(
  middleware({
    apiSpec: fileURLToPath(new URL('../openapi.yaml', import.meta.url)),
    validateRequests: true,
    validateResponses: false,
    validateSecurity: false,
  }),
)
const admit = (role) => (req, res, next) =>
  req.auth.roles?.includes(role) ? next() : res.status(403).json({ error: 'Forbidden' })

app.get('/ping', (_req, res) => res.json(ping()))
app.get('/items/:id', admit('reader'), (req, res) => res.json(getItem(Number(req.params.id), req.auth.sub)))
app.post('/items', admit('writer'), (req, res) => res.status(201).json(createItem(req.body, req.auth.sub)))
app.use((error, _req, res, _next) => res.status(error.status ?? 500).json({ error: error.message }))
app.listen(port, '127.0.0.1')
