import t from 'tap'
import { serve } from '../gateway.ts'

const ok = { 200: { description: 'ok' } }
const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1.0.0' },
  security: [],
  paths: {
    '/plain': { get: { operationId: 'plain', responses: ok } },
    '/changed': { get: { operationId: 'changed', responses: ok } },
    '/off': { get: { operationId: 'off', responses: ok } },
    '/own': { get: { operationId: 'own', responses: ok } },
    '/broken': { get: { operationId: 'broken', responses: ok } },
  },
}
const gateway = {
  operations: {
    changed: { securityHeaders: { frameOptions: 'SAMEORIGIN', referrerPolicy: false, strictTransportSecurity: 'max-age=600' } },
    off: { securityHeaders: false },
  },
}
const handlers = `
export const plain = () => ({})
export const changed = () => ({})
export const off = () => ({})
export const own = (_, { reply }) => reply(200, '<p>', { 'content-type': 'text/html', 'content-security-policy': "default-src 'self'" })
export const broken = () => { throw new Error('broken') }
`

const defaults = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': null,
}

t.test('security headers', async (t) => {
  const { request } = await serve(t, { openapi, gateway, handlers })
  const headersOf = async (path: string) => {
    const { headers } = await request('GET', path)
    return Object.fromEntries(Object.keys(defaults).map((name) => [name, headers.get(name)]))
  }
  t.same(await headersOf('/plain'), defaults)
  t.same(await headersOf('/broken'), defaults, 'on faults')
  t.same(await headersOf('/nowhere'), defaults, 'on refusals')
  t.same(await headersOf('/own'), { ...defaults, 'content-security-policy': "default-src 'self'" }, 'a page says what it needs')
  t.same(await headersOf('/off'), Object.fromEntries(Object.keys(defaults).map((name) => [name, null])))
  t.same(await headersOf('/changed'), {
    ...defaults,
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': null,
    'strict-transport-security': 'max-age=600',
  })
})
