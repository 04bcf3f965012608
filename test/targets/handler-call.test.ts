import { setFlagsFromString } from 'node:v8'
import t from 'tap'
import { serve } from '../gateway.ts'

setFlagsFromString('--allow-natives-syntax')

const answer = { 200: { description: 'fine', content: { 'application/json': { schema: {} } } } }

// A getter in an object literal would make a dictionary of each, slow and kept until all garbage is collected.
t.test('what handlers see of requests has a hidden class, and is no dictionary', async (t) => {
  const { request } = await serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
      security: [],
      paths: {
        '/seen': { get: { operationId: 'see', responses: answer } },
        '/fast': { get: { operationId: 'fast', responses: answer } },
      },
    },
    handlers: `
      const seen = []
      export const see = (request, context) => {
        seen.push([request, context])
        return request.headers.host
      }
      const isFast = new Function('value', 'return %HasFastProperties(value)')
      export const fast = () => [0, 1].map((part) => seen.every((one) => isFast(one[part])))
    `,
  })
  for (let i = 0; i < 10; i++) await request('GET', '/seen')
  t.same((await request('GET', '/fast')).body, [true, true])
})
