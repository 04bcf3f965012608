// Koa with the packages that Gatefold is built from, as their READMEs say.
import addFormats from 'ajv-formats'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import jwt from 'koa-jwt'
import ratelimit from 'koa-ratelimit'
import { OpenAPIBackend } from 'openapi-backend'
import { createItem, description, getItem, limit, logRequest, ping, port, secret, window } from './common.mjs'

const roles = { getItem: 'reader', createItem: 'writer' }
const api = new OpenAPIBackend({ definition: description(), customizeAjv: (ajv) => addFormats.default(ajv) })
const answer = (status, body) => (_, ctx) => Object.assign(ctx, { status, body })
api.register({
  ping: (_, ctx) => {
    ctx.body = ping()
  },
  getItem: ({ request }, ctx) => {
    ctx.body = getItem(Number(request.params.id), ctx.state.user.sub)
  },
  createItem: ({ request }, ctx) => {
    ctx.status = 201
    ctx.body = createItem(request.requestBody, ctx.state.user.sub)
  },
  notFound: answer(404, { error: 404 }),
  methodNotAllowed: answer(405, { error: 405 }),
  unauthorizedHandler: answer(403, { error: 403 }),
  validationFail: ({ validation }, ctx) => Object.assign(ctx, { status: 400, body: { errors: validation.errors } }),
})
api.registerSecurityHandler('bearer', ({ operation }, ctx) => ctx.state.user?.roles?.includes(roles[operation.operationId]))
await api.init()

const app = new Koa()
app.silent = true
app.use(async (ctx, next) => {
  const start = performance.now()
  try {
    await next()
  } catch (error) {
    ctx.status = error.status ?? 500
    ctx.body = { error: error.message }
  }
  logRequest(ctx.method, ctx.url, ctx.status, start, undefined, ctx.state.user?.sub)
})
app.use(jwt({ secret, algorithms: ['HS256'] }).unless({ path: ['/ping'] }))
const limiter = ratelimit({
  driver: 'memory',
  db: new Map(),
  duration: window,
  max: limit,
  id: (ctx) => ctx.state.user.sub,
  throw: true,
})
app.use((ctx, next) => (ctx.path === '/ping' ? next() : limiter(ctx, next)))
app.use(bodyParser())
app.use((ctx) => {
  const { method, path, query, headers } = ctx
  return api.handleRequest({ method, path, query, headers, body: ctx.request.body }, ctx)
})
app.listen(port, '127.0.0.1')
