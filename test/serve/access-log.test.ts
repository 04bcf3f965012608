import { hash } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import t from 'tap'
import { quoted } from '../../src/serve/quoted.ts'
import { serve } from '../gateway.ts'

const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1' },
  paths: {
    '/{name}': { get: { operationId: 'a "name"', security: [{ key: [] }], responses: { 200: { description: 'fine' } } } },
  },
  components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' } } },
}
const keys = [{ id: 'a', subject: 'a"\\ü', sha256: hash('sha256', 'secret') }]
const gateway = { authentication: { key: { apiKey: { keys } } }, operations: { 'a "name"': { mock: true } } }

t.test('a request is one record, whatever its parts hold', async (t) => {
  const { url, logs } = await serve(t, { openapi, gateway })
  const send = async (path: string, fields: string[]) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.end(Buffer.from([`GET ${path} HTTP/1.1`, 'Host: x', 'Connection: close', ...fields, '', ''].join('\r\n'), 'latin1'))
    return text(socket)
  }
  const traceparent = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  t.match(await send('/a"b\\c?token=secret', ['X-Key: secret', 'X-Request-Id: mine', traceparent]), /^HTTP\/1.1 200/)
  t.match(await send('/plain', []), /^HTTP\/1.1 401/)

  const [admitted, refused] = logs()
  const { time, ms, ...rest } = admitted as { time: number; ms: number }
  t.ok(Math.abs(Date.now() - time) < 60_000 && ms > 0 && ms < 60_000)
  t.same(rest, {
    level: 'info',
    method: 'GET',
    path: '/a"b\\c',
    status: 200,
    op: 'a "name"',
    sub: 'a"\\ü',
    request_id: 'mine',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    msg: 'request',
  })
  t.match(refused, {
    path: '/plain',
    status: 401,
    decided_by: 'authenticate',
    request_id: /^[\w-]{16,}$/,
    sub: undefined,
    msg: 'request',
  })
})

t.test('log.level and log.requests decide whether there are any', async (t) => {
  for (const log of [{ level: 'warn' }, { requests: false }]) {
    const { request, logs } = await serve(t, { openapi, gateway: { ...gateway, log: { file: 'log.jsonl', ...log } } })
    await request('GET', '/plain')
    t.same(logs(), [])
  }
})

t.test('texts are written as JSON', async (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (value) => quoted(value) === JSON.stringify(value)))
  t.equal(quoted('\ud800'), JSON.stringify('\ud800'))
})
