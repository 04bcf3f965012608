import { Readable } from 'node:stream'
import t from 'tap'
import { type Outcome, Reply } from '../../src/context.ts'
import { problem } from '../../src/errors.ts'
import { serve } from '../gateway.ts'
import { serveDocument } from './serve-document.ts'

const person = {
  type: 'object',
  required: ['name', 'secret'],
  properties: {
    name: { type: 'string' },
    at: { type: 'string', format: 'date-time' },
    secret: { type: 'string', writeOnly: true },
  },
}
const get = (responses: object) => ({ get: { responses } })
const json = (schema: object = {}, rest: object = {}) => ({
  description: 'd',
  content: { 'application/json': { schema } },
  ...rest,
})

const headers = {
  'X-Count': { required: true, schema: { type: 'integer' } },
  'X-Request-Id': { required: true, schema: { type: 'string' } },
  'X-Frame-Options': { required: true, schema: { type: 'string' } },
  'X-Tags': { schema: { type: 'array', items: { type: 'integer' } } },
}
const paths = {
  '/person': get({ 200: json(person), '4XX': json({ type: 'integer' }), default: json({ type: 'boolean' }) }),
  '/only': get({ 200: json(person) }),
  '/headers': get({ 200: { description: 'd', headers } }),
  '/both': get({
    200: { description: 'd', content: { 'application/json': {}, 'text/csv': { schema: { type: 'string', minLength: 3 } } } },
  }),
  '/range': get({ 200: { description: 'd', content: { 'image/*': {} } } }),
  '/empty': get({ 204: { description: 'd' } }),
  '/string': get({ 200: json({ type: 'string' }) }),
  '/versioned': get({ 200: { description: 'd', content: { 'application/vnd.x.v1+json': {} } } }),
}

interface Row {
  name: string
  path: string
  reply: Outcome
  accept?: string
  status?: number
  type?: string | null
  text?: string
  /** What report says; enforce answers 500 for it. */
  finding?: string
}

const rows: Row[] = [
  {
    name: 'a value as JSON',
    path: '/person',
    reply: new Reply(200, { name: 'a' }),
    type: 'application/json; charset=utf-8',
    text: '{"name":"a"}',
  },
  { name: 'a wrong value', path: '/person', reply: new Reply(200, { name: 1 }), finding: '/name' },
  {
    name: 'writeOnly properties have no place in a response',
    path: '/person',
    reply: new Reply(200, { name: 'a', secret: 's' }),
    finding: '/secret',
  },
  {
    name: 'what counts is what goes out',
    path: '/person',
    reply: new Reply(200, { name: 'a', at: new Date(0) }),
    text: '{"name":"a","at":"1970-01-01T00:00:00.000Z"}',
  },
  { name: 'a status of a range', path: '/person', reply: new Reply(418, 7), status: 418, text: '7' },
  { name: 'a wrong value of a range', path: '/person', reply: new Reply(418, true), status: 418, finding: '' },
  { name: 'a status of default', path: '/person', reply: new Reply(503, true), status: 503, text: 'true' },
  { name: 'a status that is not declared', path: '/only', reply: new Reply(201, { name: 'a' }), status: 201, finding: '' },
  { name: 'no body where one is declared', path: '/only', reply: new Reply(200), finding: '' },
  {
    name: 'a problem is not touched',
    path: '/only',
    reply: problem('conflict'),
    status: 409,
    type: 'application/problem+json; charset=utf-8',
  },
  {
    name: 'headers',
    path: '/headers',
    reply: new Reply(200, undefined, { 'x-count': '3', 'x-tags': '1,2' }),
    type: null,
    text: '',
  },
  { name: 'a wrong header', path: '/headers', reply: new Reply(200, undefined, { 'x-count': 'x' }), finding: '/X-Count' },
  { name: 'a missing header', path: '/headers', reply: new Reply(200), finding: '/X-Count' },
  {
    name: 'the negotiated type',
    path: '/both',
    reply: new Reply(200, 'a,b'),
    accept: 'text/csv',
    type: 'text/csv; charset=utf-8',
    text: 'a,b',
  },
  { name: 'the first type', path: '/both', reply: new Reply(200, 'a,b'), type: 'application/json; charset=utf-8', text: '"a,b"' },
  { name: 'text is validated as text', path: '/both', reply: new Reply(200, 'a'), accept: 'text/csv', finding: '' },
  {
    name: 'a type of the operation’s own',
    path: '/both',
    reply: new Reply(200, 'a,b', { 'content-type': 'text/csv' }),
    accept: '*/*',
    type: 'text/csv',
    text: 'a,b',
  },
  {
    name: 'a type that is not declared',
    path: '/both',
    reply: new Reply(200, 'a', { 'content-type': 'text/html' }),
    type: 'text/html',
    text: 'a',
    finding: '',
  },
  {
    name: 'bytes of a range',
    path: '/range',
    reply: new Reply(200, Buffer.from('x'), { 'content-type': 'image/png' }),
    type: 'image/png',
    text: 'x',
  },
  {
    name: 'bytes without a type',
    path: '/range',
    reply: new Reply(200, Buffer.from('x')),
    type: 'application/octet-stream',
    text: 'x',
  },
  {
    name: 'a stream',
    path: '/range',
    reply: new Reply(200, Readable.from(['a', 'b']), { 'content-type': 'image/gif' }),
    type: 'image/gif',
    text: 'ab',
  },
  { name: 'nothing', path: '/empty', reply: new Reply(204), status: 204, type: null, text: '' },
  { name: 'a string is a JSON value', path: '/string', reply: new Reply(200, 'x'), text: '"x"' },
  {
    name: 'a vendor type',
    path: '/versioned',
    reply: new Reply(200, {}),
    type: 'application/vnd.x.v1+json; charset=utf-8',
    text: '{}',
  },
  { name: 'null', path: '/both', reply: new Reply(200, null), text: 'null' },
]

for (const mode of ['off', 'report', 'enforce'] as const) {
  t.test(`responses, ${mode}`, async (t) => {
    let reply: Outcome = new Reply(200)
    const served = await serveDocument(t, { paths }, { response: mode, answer: () => reply })
    for (const row of rows) {
      served.log.length = 0
      reply = copy(row.reply)
      const response = await fetch(served.url + row.path, { headers: row.accept === undefined ? {} : { accept: row.accept } })
      const text = await response.text()
      if (mode === 'enforce' && row.finding !== undefined) {
        t.equal(response.status, 500, row.name)
        t.match(JSON.parse(text), { code: 'invalid_response' })
        t.notOk(JSON.parse(text).errors, 'nothing leaks')
      } else {
        t.equal(response.status, row.status ?? 200, row.name)
        if (row.type !== undefined) t.equal(response.headers.get('content-type'), row.type, row.name)
        if (row.text !== undefined) t.equal(text, row.text, row.name)
      }
      const found = (served.log[0]?.errors as { pointer: string }[] | undefined)?.[0]?.pointer
      t.equal(found, mode === 'off' ? undefined : row.finding, `${row.name}: the log`)
    }
  })
}

function copy(outcome: Outcome): Outcome {
  if (!(outcome instanceof Reply)) return outcome
  const body = outcome.body instanceof Readable ? Readable.from(['a', 'b']) : outcome.body
  return new Reply(outcome.status, body, outcome.headers && { ...outcome.headers })
}

t.test('406 is decided before the target runs', async (t) => {
  const served = await serveDocument(t, { paths: { ...paths, '/maybe': get({ 200: json(), 204: { description: 'd' } }) } })
  const rows: [path: string, accept: string, status: number][] = [
    ['/both', 'image/png', 406],
    ['/both', 'text/*', 200],
    ['/both', '*/*', 200],
    ['/both', 'application/json;q=0, text/csv;q=0', 406],
    ['/range', 'image/webp', 200],
    ['/range', 'text/html', 406],
    ['/empty', 'text/html', 200],
    ['/maybe', 'text/html', 200],
  ]
  for (const [path, accept, status] of rows) {
    served.calls.length = 0
    const response = await fetch(served.url + path, { headers: { accept } })
    t.equal(response.status, status, `${path} ${accept}`)
    t.equal(served.calls.length, status === 406 ? 0 : 1)
  }
})

t.test('a value that is not JSON is the operation’s fault', async (t) => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const served = await serveDocument(t, { paths }, { answer: () => new Reply(200, cycle) })
  const response = await fetch(`${served.url}/string`)
  t.equal(response.status, 500)
  t.match(await response.json(), { code: 'internal_error' })
})

t.test('a reply that was chosen by Accept says so to caches', async (t) => {
  const { request } = await serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
      security: [],
      paths: {
        '/both': {
          get: {
            operationId: 'both',
            responses: { 200: { description: 'd', content: { 'application/json': {}, 'text/csv': {} } } },
          },
        },
        '/one': { get: { operationId: 'one', responses: { 200: json() } } },
      },
    },
    gateway: {},
    handlers: "export const both = () => 'a,b'\nexport const one = () => 1",
  })
  const ask = async (path: string) => {
    const { headers } = await request('GET', path, { headers: { accept: 'text/csv, */*;q=0.1' } })
    return [headers.get('content-type'), headers.get('vary')]
  }
  t.same(await ask('/both'), ['text/csv; charset=utf-8', 'Accept'])
  t.same(await ask('/one'), ['application/json; charset=utf-8', null])
})
