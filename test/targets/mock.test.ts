import t, { type Test } from 'tap'
import type { Outcome, RequestContext } from '../../src/context.ts'
import { mock } from '../../src/targets/mock.ts'
import { serveDocument } from '../messages/serve-document.ts'

const thing = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer', minimum: 7 }, secret: { type: 'string', writeOnly: true } },
}

const order = {
  type: 'object',
  required: ['id', 'at', 'amount', 'code', 'state', 'lines'],
  properties: {
    id: { type: 'string', example: 'same' },
    at: { type: 'string', format: 'date-time' },
    amount: { type: 'number', exclusiveMinimum: 0, maximum: 50, multipleOf: 0.05 },
    code: { type: 'string', pattern: '^[A-Z]{3}-\\d+$', maxLength: 8 },
    state: { enum: ['open', 'paid', 'sent'] },
    lines: { type: 'array', minItems: 1, maxItems: 3, items: { type: 'integer', minimum: 10, maximum: 99 } },
  },
}

const responses = {
  '200': {
    description: 'ok',
    headers: {
      'X-Total': { required: true, schema: { type: 'integer', minimum: 3 } },
      'X-Optional': { schema: { type: 'string' } },
    },
    content: {
      'application/json': {
        schema: thing,
        examples: {
          wrong: { value: { id: 'x' } },
          first: { value: { id: 8 } },
          second: { $ref: '#/components/examples/Second' },
        },
      },
      'text/plain': { schema: { type: 'string' }, example: 'a thing' },
      'application/xml': { schema: { $ref: '#/components/schemas/Thing' } },
    },
  },
  '404': {
    description: 'none',
    content: {
      'application/problem+json': { schema: { type: 'object', required: ['title'], properties: { title: { type: 'string' } } } },
    },
  },
  '5XX': { description: 'failed' },
}

const document = {
  paths: {
    '/thing': { get: { operationId: 'getThing', responses } },
    '/zero': {
      get: {
        operationId: 'getZero',
        responses: { '200': { description: 'ok', content: { 'application/json': { examples: { zero: { value: 0 } } } } } },
      },
    },
    '/made': {
      get: {
        operationId: 'getMade',
        responses: { default: { description: 'ok', content: { 'application/json': { schema: thing } } } },
      },
    },
    '/order': {
      get: {
        operationId: 'getOrder',
        responses: { '200': { description: 'ok', content: { 'application/json': { schema: order, example: { id: 'same' } } } } },
      },
    },
    '/nothing': { delete: { operationId: 'remove', responses: { '204': { description: 'gone' } } } },
    '/picture': { get: { operationId: 'getPicture', responses: { '200': { description: 'ok', content: { 'image/*': {} } } } } },
    '/impossible': {
      get: {
        operationId: 'getImpossible',
        responses: { '200': { description: 'ok', content: { 'application/json': { schema: false } } } },
      },
    },
  },
  components: { schemas: { Thing: thing }, examples: { Second: { value: { id: 9 } } } },
}

type Config = Parameters<typeof mock.compile>[0]

/** Requests to the document's operations, each answered by its mock; responses must keep to the document. */
async function mocked(t: Test, config: Config = true) {
  const answers = new Map<string, (context: RequestContext) => Outcome | Promise<Outcome>>()
  const served = await serveDocument(t, document, {
    response: 'enforce',
    answer: (context) => answers.get(context.operation.id)!(context),
  })
  for (const operation of served.operations) answers.set(operation.id, mock.compile(config, operation, served.tools))
  return async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(served.url + path, { method, headers })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    return {
      status: response.status,
      headers: response.headers,
      type,
      text,
      body: /json/.test(type) ? JSON.parse(text) : undefined,
    }
  }
}

t.test('the first example that the schema accepts, with the required headers', async (t) => {
  const get = await mocked(t)
  const { status, headers, body } = await get('/thing')
  t.equal(status, 200)
  t.strictSame(body, { id: 8 })
  t.equal(headers.get('x-total'), '3')
  t.equal(headers.get('x-optional'), null)
  t.equal(headers.get('preference-applied'), null)
})

t.test('Prefer chooses example and code, and is told to have been heeded', async (t) => {
  const get = await mocked(t)
  const second = await get('/thing', { prefer: 'example=second' })
  t.strictSame(second.body, { id: 9 })
  t.equal(second.headers.get('preference-applied'), 'example=second')
  const missing = await get('/thing', { prefer: 'respond-async, code="404"' })
  t.equal(missing.status, 404)
  t.strictSame(missing.body, { title: 'string' })
  t.equal((await get('/thing', { prefer: 'code=503' })).status, 503)
  t.equal((await get('/zero', { prefer: 'example=zero' })).body, 0)
})

t.test('what does not exist is refused, and what exists is named', async (t) => {
  const get = await mocked(t)
  const code = await get('/thing', { prefer: 'code=418' })
  t.equal(code.status, 422)
  t.match(code.body.errors[0].message, /response 418.*there is: 200, 404, 5XX/)
  const example = await get('/thing', { prefer: 'example=third' })
  t.equal(example.status, 422)
  t.match(example.body.errors[0].message, /"third".*there is: wrong, first, second/)
  t.equal((await get('/thing', { prefer: 'code=twelve' })).status, 422)
  t.match((await get('/thing', { prefer: 'example=wrong' })).body, {
    status: 501,
    detail: /"wrong".*does not match its own schema/,
  })
})

t.test('Prefer: dynamic=true makes another value each time, always one that the schema accepts', async (t) => {
  const get = await mocked(t)
  const texts = new Set<string>()
  for (let time = 0; time < 20; time++) {
    const { status, text, headers } = await get('/order', { prefer: 'dynamic=true' })
    // Responses are checked: one that differs from the schema would be a 500.
    t.equal(status, 200, text)
    t.equal(headers.get('preference-applied'), 'dynamic=true')
    texts.add(text)
  }
  t.ok(texts.size > 10, `${texts.size} of 20 differ`)
  const [one, other] = [await get('/order', { prefer: 'dynamic=false' }), await get('/order')]
  t.strictSame(one.body, other.body)
})

t.test('Accept decides between the declared media types', async (t) => {
  const get = await mocked(t)
  t.equal((await get('/thing', { accept: 'text/*' })).text, 'a thing')
  const xml = await get('/thing', { accept: 'application/xml' })
  t.match(xml.text, /<Thing><id>7<\/id><\/Thing>$/)
  t.equal((await get('/thing', { accept: 'image/png' })).status, 406)
})

t.test('without examples a value is made from the schema; what is writeOnly stays out', async (t) => {
  const get = await mocked(t)
  const { status, body } = await get('/made')
  t.equal(status, 200)
  t.strictSame(body, { id: 7 })
})

t.test('no content, bytes, and a schema that admits nothing', async (t) => {
  const get = await mocked(t)
  const gone = await get('/nothing', {}, 'DELETE')
  t.equal(gone.status, 204)
  t.equal(gone.text, '')
  t.equal((await get('/picture')).type, 'image/png')
  t.match((await get('/impossible')).body, { status: 501, detail: /schema of the response 200/ })
})

t.test('status and delay are settings', async (t) => {
  const get = await mocked(t, { status: 404, delay: '5ms' })
  t.equal((await get('/thing')).status, 404)
  t.equal((await get('/thing', { prefer: 'code=200' })).status, 200)
})
