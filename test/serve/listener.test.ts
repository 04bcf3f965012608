import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { packageUrl, serve } from '../gateway.ts'

t.test('a body that comes with its head is there before the pipeline starts', async (t) => {
  const { url } = await serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
      security: [],
      paths: {
        '/': {
          post: {
            operationId: 'echo',
            requestBody: { content: { 'application/json': {} } },
            responses: { 200: { description: 'ok', content: { 'application/json': {} } } },
          },
        },
      },
    },
    gateway: { extensions: ['./waits.ts'], defaults: { waits: true } },
    handlers: 'export const echo = ({ body }) => body',
    files: {
      'waits.ts': `
        import { definePolicy, Type } from '${packageUrl}'
        export const waits = definePolicy({
          name: 'waits',
          schema: Type.Boolean(),
          compile: () => ({
            wrap: (next) => (context) => {
              const outcome = next(context)
              context.setHeader('x-waits', String(outcome instanceof Promise))
              return outcome
            },
          }),
        })`,
    },
  })
  const lines = [
    'POST / HTTP/1.1',
    'Host: x',
    'Connection: close',
    'Content-Type: application/json',
    'Content-Length: 8',
    '',
    '{"a": 1}',
  ]
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(lines.join('\r\n'))
  const answer = await text(socket)
  t.match(answer, /^HTTP\/1.1 200 /)
  t.match(answer, /^x-waits: false\r$/m)
  t.match(answer, '{"a":1}')
})
