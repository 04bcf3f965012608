// What the servers in JavaScript share: settings, answers, the description, and the access log.
import { readFileSync } from 'node:fs'
import pino from 'pino'
import { parse } from 'yaml'

export const secret = process.env.JWT_SECRET
export const port = Number(process.env.PORT)
/** Requests of one subject in a window. */
export const limit = Number(process.env.RATE_MAX ?? 1e9)
export const window = 60_000

export const description = () => parse(readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8'))

const fill = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna'

export const ping = () => ({ status: 'ok', service: 'bench', version: '1.0.0', region: 'local', message: fill + fill })

export const getItem = (id, owner) => ({
  id,
  sku: 'ABC-123456',
  name: 'Widget',
  price: 12.5,
  currency: 'EUR',
  stock: 42,
  active: true,
  tags: ['a', 'b', 'c'],
  owner,
  createdAt: '2026-01-01T00:00:00Z',
  note: fill,
})

export const createItem = ({ sku, name, price, currency, stock, active, tags, createdAt }, owner) => ({
  id: 1001,
  sku,
  name,
  price,
  currency,
  stock,
  active,
  tags,
  owner,
  createdAt,
  note: fill,
})

const log = pino(
  { base: undefined },
  pino.destination({ dest: process.env.LOG_FILE ?? '/dev/null', sync: false, minLength: 4096 }),
)

export const logRequest = (method, url, status, start, op, sub) =>
  log.info({ method, url, status, ms: performance.now() - start, op, sub }, 'request')

process.on('SIGTERM', () => {
  log.flush()
  setTimeout(() => process.exit(0), 50)
})
