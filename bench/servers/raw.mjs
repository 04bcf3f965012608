// node:http by hand: what a Node process can reach that enforces these policies and nothing else.
//   VERIFY=each: no cache of verified tokens
//   HEADERS=equal: also sends what Gatefold sends (security headers, X-Request-Id, RateLimit), made as cheaply as can be
import { createHmac, createSecretKey, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { createItem, description, getItem, limit, logRequest, ping, port, secret, window } from './common.mjs'

const ajv = addFormats.default(new Ajv({ strict: false }))
const isNewItem = ajv.compile(description().components.schemas.NewItem)
const key = createSecretKey(Buffer.from(secret))
const caches = process.env.VERIFY !== 'each'
const equalHeaders = process.env.HEADERS === 'equal'
const verified = new Map()
const windows = new Map()

function authenticate(header) {
  if (header === undefined || !header.startsWith('Bearer ')) return undefined
  const token = header.slice(7)
  const known = caches ? verified.get(token) : undefined
  if (known !== undefined) return known.exp * 1000 > Date.now() ? known : undefined
  const claims = verify(token)
  if (claims === undefined || !(claims.exp * 1000 > Date.now())) return undefined
  if (verified.size > 10_000) verified.clear()
  if (caches) verified.set(token, claims)
  return claims
}

function verify(token) {
  const head = token.indexOf('.')
  const end = token.lastIndexOf('.')
  if (head < 1 || end <= head) return undefined
  const expected = createHmac('sha256', key).update(token.slice(0, end)).digest()
  const sent = Buffer.from(token.slice(end + 1), 'base64url')
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) return undefined
  try {
    if (JSON.parse(Buffer.from(token.slice(0, head), 'base64url')).alg !== 'HS256') return undefined
    return JSON.parse(Buffer.from(token.slice(head + 1, end), 'base64url'))
  } catch {
    return undefined
  }
}

/** The caller's window with this request in it. */
function count(subject) {
  const now = Date.now()
  const open = windows.get(subject)
  if (open !== undefined && open.end > now) {
    open.count++
    return open
  }
  const opened = { count: 1, end: now + window }
  windows.set(subject, opened)
  return opened
}

const securityHeaders = [
  'x-content-type-options',
  'nosniff',
  'referrer-policy',
  'no-referrer',
  'x-frame-options',
  'DENY',
  'content-security-policy',
  "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy',
  'same-origin',
]
const limitPolicy = `"principal";q=${limit};w=60`

function headersOf(body, hits) {
  const headers = ['content-type', 'application/json; charset=utf-8', 'content-length', Buffer.byteLength(body)]
  if (!equalHeaders) return headers
  headers.push(...securityHeaders, 'x-request-id', randomUUID())
  if (hits === undefined) return headers
  const wait = Math.ceil((hits.end - Date.now()) / 1000)
  headers.push('ratelimit-policy', limitPolicy, 'ratelimit', `"principal";r=${Math.max(0, limit - hits.count)};t=${wait}`)
  return headers
}

function serve(req, res) {
  const start = performance.now()
  const { method, url } = req

  function send(status, value, op, user, hits) {
    const body = JSON.stringify(value)
    res.writeHead(status, headersOf(body, hits))
    res.end(body)
    logRequest(method, url, status, start, op, user?.sub)
  }

  /** Calls `admitted` with the caller and his window, or refuses. */
  function admit(op, role, admitted) {
    const user = authenticate(req.headers.authorization)
    if (user === undefined) return send(401, { error: 401 }, op)
    if (!user.roles?.includes(role)) return send(403, { error: 403 }, op, user)
    const hits = count(user.sub)
    if (hits.count > limit) return send(429, { error: 429 }, op, user, hits)
    admitted(user, hits)
  }

  if (method === 'GET' && url === '/ping') return send(200, ping(), 'ping')
  if (method === 'GET' && url.startsWith('/items/')) {
    return admit('getItem', 'reader', (user, hits) => {
      const id = Number(url.slice(7))
      if (url.length === 7 || !Number.isInteger(id) || id < 1) return send(400, { error: 400 }, 'getItem', user, hits)
      send(200, getItem(id, user.sub), 'getItem', user, hits)
    })
  }
  if (method === 'POST' && url === '/items') {
    return admit('createItem', 'writer', (user, hits) =>
      readJson(req, (value) => {
        if (value === undefined || !isNewItem(value)) return send(400, { error: 400 }, 'createItem', user, hits)
        send(201, createItem(value, user.sub), 'createItem', user, hits)
      }),
    )
  }
  send(404, { error: 404 })
}

/** Undefined for what is too large or no JSON. */
function readJson(req, then) {
  const chunks = []
  let size = 0
  req.on('data', (chunk) => {
    size += chunk.length
    if (size <= 1 << 20) chunks.push(chunk)
  })
  req.on('end', () => {
    if (size > 1 << 20) return then(undefined)
    try {
      then(JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    } catch {
      then(undefined)
    }
  })
}

createServer(serve).listen(port, '127.0.0.1')
