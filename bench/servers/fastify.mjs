// Fastify with its own plugins. TOKEN_CACHE=1: @fastify/jwt remembers tokens that it has verified.
import fastifyJwt from '@fastify/jwt'
import rateLimit from '@fastify/rate-limit'
import Fastify from 'fastify'
import { createItem, description, getItem, limit, logRequest, ping, port, secret, window } from './common.mjs'

const { NewItem, Ping, Item } = description().components.schemas
// Unknown members of a body would be dropped silently otherwise.
const app = Fastify({ logger: false, ajv: { customOptions: { removeAdditional: false } } })
app.addHook('onRequest', (request, _reply, done) => {
  request.start = performance.now()
  done()
})
app.addHook('onResponse', (request, reply, done) => {
  logRequest(request.method, request.url, reply.statusCode, request.start, request.routeOptions.config?.op, request.user?.sub)
  done()
})
await app.register(fastifyJwt, { secret, verify: { cache: process.env.TOKEN_CACHE === '1', algorithms: ['HS256'] } })
await app.register(rateLimit, {
  global: false,
  hook: 'preValidation',
  max: limit,
  timeWindow: window,
  cache: 10_000,
  keyGenerator: (request) => request.user.sub,
})

const admit = (role) => [
  async (request) => {
    await request.jwtVerify()
  },
  (request, _reply, done) =>
    done(request.user.roles?.includes(role) ? undefined : Object.assign(new Error('Forbidden'), { statusCode: 403 })),
]
const rate = { rateLimit: { max: limit, timeWindow: window } }
const params = { type: 'object', required: ['id'], properties: { id: { type: 'integer', minimum: 1 } } }

app.get('/ping', { schema: { response: { 200: Ping } }, config: { op: 'ping' } }, async () => ping())
app.get(
  '/items/:id',
  { config: { op: 'getItem', ...rate }, onRequest: admit('reader'), schema: { params, response: { 200: Item } } },
  async (request) => getItem(request.params.id, request.user.sub),
)
app.post(
  '/items',
  { config: { op: 'createItem', ...rate }, onRequest: admit('writer'), schema: { body: NewItem, response: { 201: Item } } },
  async (request, reply) => {
    reply.code(201)
    return createItem(request.body, request.user.sub)
  },
)
await app.listen({ port, host: '127.0.0.1' })
