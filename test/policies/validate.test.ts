import t from 'tap'
import { Reply } from '../../src/context.ts'
import { serveDocument } from '../messages/serve-document.ts'

const person = { type: 'object', required: ['name'], properties: { name: { type: 'string' }, age: { type: 'integer' } } }
const parameters = [{ name: 'limit', in: 'query', schema: { type: 'integer' } }]
const content = { 'application/json': { schema: person } }
const document = {
  paths: {
    '/people': {
      post: { parameters, requestBody: { required: true, content }, responses: { 200: { description: 'ok', content } } },
    },
    '/free': { get: { responses: {} } },
  },
}

function post(url: string, search: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/people${search}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
}

t.test('enforce: everything that is wrong at once, in parameters and body', async (t) => {
  const served = await serveDocument(t, document)
  const response = await post(served.url, '?limit=x', '{"age":"x"}')
  t.equal(response.status, 422)
  const { code, errors } = (await response.json()) as {
    code: string
    errors: { place: string; pointer: string; message: string }[]
  }
  t.equal(code, 'validation_failed')
  t.strictSame(errors.map(({ place, pointer }) => `${place} ${pointer}`).sort(), ['body /age', 'body /name', 'query /limit'])
  t.ok(errors.every(({ message }) => message.length > 0))
  t.equal(served.calls.length, 0, 'the target was not reached')
})

for (const [request, lines] of [
  ['report', 1],
  ['off', 0],
] as const) {
  t.test(`${request}: what differs passes, what cannot be decoded does not`, async (t) => {
    const answer = () => new Reply(200, { name: 'a' })
    const served = await serveDocument(t, document, { request, answer })
    const response = await post(served.url, '?limit=x', '{"age":"x"}')
    t.equal(response.status, 200)
    t.match(served.calls[0], { query: { limit: 'x' }, body: { age: 'x' } }, 'the values are the best there are')
    t.equal(served.log.length, lines)
    if (lines === 1)
      t.match(served.log[0], { op: 'postPeople', errors: [{ place: 'query' }, { place: 'body' }, { place: 'body' }] })
    t.equal((await post(served.url, '', '{')).status, 400)
    t.equal((await post(served.url, '?limit=%', '{}')).status, 400)
    t.equal((await post(served.url, '', '{}', { 'content-type': 'text/plain' })).status, 415)
  })
}

t.test('the answer is judged last, the acceptable types first', async (t) => {
  const served = await serveDocument(t, document, { response: 'enforce', answer: () => new Reply(200, { name: 1 }) })
  t.equal((await post(served.url, '', '{"name":"a"}')).status, 500)
  t.equal((await post(served.url, '', '{"name":1}', { accept: 'text/html' })).status, 406)
})

t.test('an operation that declares nothing has nothing to pass', async (t) => {
  const served = await serveDocument(t, document)
  const { validate } = await import('../../src/policies/validate.ts')
  const free = served.operations.find(({ path }) => path === '/free')
  const config = { request: 'enforce', response: 'report', partLimit: 10 } as const
  t.equal(validate.compile(config, free!, served.tools)?.before, undefined)
})
