import { createHmac } from 'node:crypto'

export const secret = 'bench-secret-bench-secret-bench-secret-0123'

/** What is asked of every target; `first` sends each token once only. */
export const endpoints = ['ping', 'get', 'post', 'notfound', 'badtoken', 'first'] as const
export type Endpoint = (typeof endpoints)[number]

const now = Math.floor(Date.now() / 1000)

export function claimsOf(user: number, more: object = {}): object {
  const issued = { iss: 'https://issuer.example', iat: now, exp: now + 86_400, jti: `token-${user}` }
  return { sub: `user-${user}`, roles: ['reader', 'writer'], ...issued, ...more }
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JWT signed with HS256. */
export function sign(claims: object, key = secret, header: object = { alg: 'HS256', typ: 'JWT' }): string {
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}

/** About a kilobyte as JSON. */
export const newItem = {
  sku: 'ABC-123456',
  name: 'Widget',
  description: 'x'.repeat(680),
  price: 12.5,
  currency: 'EUR',
  stock: 42,
  tags: ['alpha', 'beta', 'gamma'],
  active: true,
  weightKg: 1.25,
  dimensions: { l: 10, w: 20.5, h: 3 },
  contact: 'someone@example.com',
  createdAt: '2026-01-01T00:00:00Z',
}

/** Requests of an endpoint as they go over the wire, each of another user, to be sent in turn. */
export function requestTexts(endpoint: Endpoint, count: number): string[] {
  return Array.from({ length: count }, (_, user) => requestText(endpoint, user))
}

function requestText(endpoint: Endpoint, user: number): string {
  if (endpoint === 'ping') return head('GET', '/ping')
  const token = sign(claimsOf(user))
  if (endpoint === 'notfound') return head('GET', `/nope/${user}/x`, token)
  if (endpoint === 'badtoken') return head('GET', '/items/1', `${token.slice(0, -5)}AAAAA`)
  if (endpoint !== 'post') return head('GET', `/items/${1000 + user}`, token)
  const body = JSON.stringify(newItem)
  return head('POST', '/items', token, ['Content-Type: application/json', `Content-Length: ${body.length}`]) + body
}

function head(method: string, path: string, token?: string, fields: string[] = []): string {
  const authorization = token === undefined ? [] : [`Authorization: Bearer ${token}`]
  return [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...authorization, ...fields, '', ''].join('\r\n')
}
