import t from 'tap'
import { serve } from '../gateway.ts'

const item = { type: 'object', required: ['n'], properties: { n: { type: 'integer', minimum: 3 } } }
const event = {
  type: 'object',
  required: ['data'],
  properties: { event: { const: 'add' }, id: { type: 'integer' }, data: { type: 'string', example: 'a\nb' } },
}

const content = {
  'text/event-stream': { itemSchema: event },
  'application/jsonl': { itemSchema: item },
  'application/json-seq': { itemSchema: item, example: [{ n: 4 }, { n: 5 }] },
  'application/geo+json-seq': { itemSchema: item, example: '\u001e{"n":6}\n' },
  'application/x-ndjson': { itemSchema: item, example: [{ n: 1 }] },
}

const expected: Record<keyof typeof content, string> = {
  'text/event-stream': 'event: add\nid: 1\ndata: a\ndata: b\n\n',
  'application/jsonl': '{"n":3}\n',
  'application/json-seq': '\u001e{"n":4}\n\u001e{"n":5}\n',
  'application/geo+json-seq': '\u001e{"n":6}\n',
  // The example is refused by its own schema.
  'application/x-ndjson': '{"n":3}\n',
}

t.test('a mock writes what is described item by item as its media type has it', async (t) => {
  const paths = { '/items': { get: { operationId: 'items', responses: { 200: { description: 'ok', content } } } } }
  const served = await serve(t, {
    openapi: { openapi: '3.2.0', info: { title: 't', version: '1' }, paths },
    gateway: { operations: { items: { access: 'public', mock: true } } },
  })
  for (const [accept, text] of Object.entries(expected)) {
    const answer = await served.request('GET', '/items', { headers: { accept } })
    t.match(answer.headers.get('content-type'), accept)
    t.equal(answer.text, text, accept)
  }
})
