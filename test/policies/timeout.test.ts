import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { serve } from '../gateway.ts'
import { until } from '../targets/origin.ts'

const responses = { 200: { description: 'ok', content: { 'text/plain': {} } } }
const streams: { destroyed: boolean }[] = []
Object.assign(globalThis, { streamsOfReplies: streams })

t.test('a stream that is not sent is ended: its file or its upstream would be held for ever', async (t) => {
  const ids = ['late', 'undeclared']
  const { request } = await serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
      security: [],
      paths: Object.fromEntries(ids.map((id) => [`/${id}`, { get: { operationId: id, responses } }])),
    },
    gateway: { defaults: { timeout: '200ms', validate: { response: 'enforce' } } },
    handlers: `
      import { createReadStream } from 'node:fs'
      import { setTimeout as wait } from 'node:timers/promises'
      function open() {
        const stream = createReadStream(import.meta.filename)
        globalThis.streamsOfReplies.push(stream)
        return stream
      }
      export async function late(_, { reply }) { await wait(400); return reply(200, open(), { 'content-type': 'text/plain' }) }
      export const undeclared = (_, { reply }) => reply(200, open(), { 'content-type': 'application/pdf' })
    `,
  })
  t.equal((await request('GET', '/late')).status, 504)
  await until(() => streams.length === 1)
  await wait(50)
  t.equal((await request('GET', '/undeclared')).status, 500)
  t.equal(streams.length, 2)
  t.ok(streams.every(({ destroyed }) => destroyed))
})
