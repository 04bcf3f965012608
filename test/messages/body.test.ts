import { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { type ServedDocument, serveDocument } from './serve-document.ts'

const integer = { type: 'integer' }
const string = { type: 'string' }
const person = { type: 'object', required: ['name'], properties: { name: string, age: integer } }
const media = (schema: object, rest: object = {}) => ({ schema, ...rest })
const post = (content: object, rest: object = {}) => ({
  post: { requestBody: { content, ...rest }, responses: { 200: { description: 'ok' } } },
})
const form = 'application/x-www-form-urlencoded'

const document = {
  paths: {
    '/json': post({ 'application/json': media(person) }, { required: true }),
    '/optional': post({ 'application/json': media(person) }),
    '/any': post({ 'application/json': {} }),
    '/tree': post({ 'application/json': media({ $ref: '#/components/schemas/Tree' }) }),
    '/ranges': post({
      'application/json': media(person),
      'application/json; version=2': media(integer),
      'application/vnd.x+json': media({ type: 'boolean' }),
      'text/*': media({ type: 'string', maxLength: 5 }),
      'image/*': media({ type: 'string', format: 'binary' }),
    }),
    '/form': post({
      [form]: media(
        {
          type: 'object',
          properties: {
            name: string,
            age: integer,
            tags: { type: 'array', items: string },
            ids: { type: 'array', items: integer },
            place: { type: 'object', properties: { x: integer, y: integer } },
            deep: { type: 'object', properties: { x: integer } },
            flag: { anyOf: [integer, { type: 'string', maxLength: 3 }] },
          },
          additionalProperties: { type: 'array', items: integer },
        },
        { encoding: { ids: { style: 'pipeDelimited', explode: false }, deep: { style: 'deepObject' } } },
      ),
    }),
    '/none': { post: { responses: { 200: { description: 'ok' } } } },
    '/patch': { patch: { requestBody: { content: { 'application/json': {} } }, responses: {} } },
    '/anything': post({ '*/*': {} }),
    '/empty': post({}),
  },
  components: { schemas: { Tree: { type: 'object', properties: { next: { $ref: '#/components/schemas/Tree' } } } } },
}

interface Answer {
  status: number
  headers: Headers
  problem: { code?: string; detail?: string; errors?: { place: string; pointer: string; message: string }[] }
  body: unknown
}

async function send(
  served: ServedDocument,
  path: string,
  contentType: string | undefined,
  body: string | Uint8Array,
  headers: object = {},
): Promise<Answer> {
  served.calls.length = 0
  const init = { method: path === '/patch' ? 'PATCH' : 'POST', body: typeof body === 'string' ? Buffer.from(body) : body }
  const response = await fetch(served.url + path, {
    ...init,
    headers: { ...(contentType === undefined ? {} : { 'content-type': contentType }), ...headers },
  } as RequestInit)
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    problem: text === '' ? {} : JSON.parse(text),
    body: served.calls[0]?.body,
  }
}

t.test('bodies', async (t) => {
  const served = await serveDocument(t, document, { bodyLimit: 20_000 })
  const json = 'application/json'

  t.test('JSON', async (t) => {
    const rows: [name: string, path: string, body: string | Uint8Array, value: unknown][] = [
      ['an object', '/json', '{"name":"a","age":1}', { name: 'a', age: 1 }],
      ['a scalar', '/any', '3', 3],
      ['null', '/any', 'null', null],
      ['a text', '/any', '"x"', 'x'],
      ['of duplicate keys the last', '/any', '{"a":1,"a":2}', { a: 2 }],
      ['a byte order mark', '/any', '\ufeff1', 1],
    ]
    for (const [name, path, body, value] of rows) {
      const answer = await send(served, path, json, body)
      t.strictSame([answer.status, answer.body], [200, value], name)
    }
    const own = await send(served, '/any', json, '{"__proto__":{"admin":true},"toString":1}')
    t.ok(Object.hasOwn(own.body as object, '__proto__'), '__proto__ is data')
    t.notOk((own.body as { admin?: boolean }).admin)
  })

  t.test('what is not JSON', async (t) => {
    for (const [name, body, detail] of [
      ['syntax', '{"a":}', /^The body is not valid JSON/],
      ['nothing but a blank', ' ', /^The body is not valid JSON/],
      ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), /not valid utf-8 text/],
      ['a depth bomb', '['.repeat(9000) + ']'.repeat(9000), /nests deeper than 512 levels/],
      ['an open depth bomb', '['.repeat(19_000), /nests deeper/],
    ] as const) {
      const { status, problem } = await send(served, '/any', json, body)
      t.strictSame([status, problem.code], [400, 'malformed_request'], name)
      t.match(problem.detail, detail)
    }
    const secret = await send(served, '/any', json, '{"password": hunter2}')
    t.notMatch(JSON.stringify(secret.problem), /hunter2/, 'the body is not quoted')
    const deep = await send(served, '/tree', json, `${'{"next":'.repeat(500)}{}${'}'.repeat(500)}`)
    t.equal(deep.status, 200, 'deep but bearable')
  })

  t.test('validation', async (t) => {
    const { status, problem } = await send(served, '/json', json, '{"age":"x"}')
    t.equal(status, 422)
    t.match(problem, { code: 'validation_failed' })
    t.strictSame(problem.errors?.map(({ place, pointer }) => `${place} ${pointer}`).sort(), ['body /age', 'body /name'])
  })

  t.test('required and optional', async (t) => {
    t.match(await send(served, '/json', json, ''), {
      status: 422,
      problem: { errors: [{ place: 'body', pointer: '', message: 'is required' }] },
    })
    t.match(await send(served, '/optional', json, ''), { status: 200, body: undefined })
    t.match(
      await send(served, '/none', json, '{"never":"read'),
      { status: 200, body: undefined },
      'an undeclared body is ignored',
    )
  })

  t.test('media types', async (t) => {
    const rows: [contentType: string, body: string, outcome: unknown][] = [
      ['application/json', '{"name":"a"}', { name: 'a' }],
      ['Application/JSON; Charset="UTF-8"', '{"name":"a"}', { name: 'a' }],
      ['application/json;version=2', '7', 7],
      ['application/problem+json', '{"name":"a"}', { name: 'a' }],
      ['application/vnd.x+json', 'true', true],
      ['text/plain', 'hello', 'hello'],
      ['text/plain', 'too long', 422],
      ['application/jsonp', '{}', 415],
      ['application/xml', '<a/>', 415],
      ['application/json; charset=nonsense', '{}', 415],
      ['nonsense', '{}', 400],
      ['', '{}', 400],
    ]
    for (const [contentType, body, outcome] of rows) {
      const answer = await send(served, '/ranges', contentType, body)
      t.strictSame(answer.status === 200 ? answer.body : answer.status, outcome, contentType)
    }
    t.strictSame((await send(served, '/ranges', 'image/png', '\u0001')).body, Buffer.from([1]))
    t.strictSame((await send(served, '/anything', 'x/y', 'z')).body, Buffer.from('z'))
    t.strictSame((await send(served, '/empty', 'x/y', 'z')).body, Buffer.from('z'))
    t.equal((await send(served, '/json', undefined, '{}')).status, 400)
    t.equal((await send(served, '/json', 'text/plain', '{}')).headers.get('accept-post'), 'application/json')
    t.equal((await send(served, '/patch', 'text/plain', '{}')).headers.get('accept-patch'), 'application/json')
    t.equal(served.calls.length, 0)
  })

  t.test('charsets', async (t) => {
    const latin = await send(served, '/any', 'application/json; charset=iso-8859-1', Buffer.from([0x22, 0xe9, 0x22]))
    t.equal(latin.body, 'é')
    const wide = await send(served, '/any', 'application/json; charset=utf-16', Buffer.from('"é"', 'utf16le'))
    t.equal(wide.body, 'é')
    const broken = await send(served, '/any', 'application/json; charset=utf-16', Buffer.from([0x22]))
    t.equal(broken.status, 400)
  })

  t.test('content codings', async (t) => {
    for (const [coding, compress] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
      ['zstd', zstdCompressSync],
    ] as const) {
      const answer = await send(served, '/any', json, compress('{"a":1}'), { 'content-encoding': coding })
      t.strictSame(answer.body, { a: 1 }, coding)
      const bomb = await send(served, '/any', json, compress(' '.repeat(1_000_000)), { 'content-encoding': coding })
      t.equal(bomb.status, 413, `${coding} bomb`)
      t.equal((await send(served, '/any', json, 'garbage', { 'content-encoding': coding })).status, 400, `broken ${coding}`)
    }
    const unknown = await send(served, '/any', json, '{}', { 'content-encoding': 'compress' })
    t.match([unknown.status, unknown.headers.get('accept-encoding')], [415, /gzip/])
    t.strictSame((await send(served, '/any', json, '1', { 'content-encoding': 'identity' })).body, 1)
  })

  t.test('forms', async (t) => {
    const rows: [name: string, body: string, value: unknown][] = [
      ['texts, numbers, repeats', 'name=a+b&age=3&tags=x&tags=y%26', { name: 'a b', age: 3, tags: ['x', 'y&'] }],
      ['one of a list', 'tags=x', { tags: ['x'] }],
      ['a style of its own', 'ids=1%7C2|3', { ids: [1, 2, 3] }],
      ['an object as JSON', 'place=%7B%22x%22:1%7D', { place: { x: 1 } }],
      ['an object by brackets', 'place[x]=1&place[y]=2', { place: { x: 1, y: 2 } }],
      ['a deepObject', 'deep[x]=1', { deep: { x: 1 } }],
      ['additional properties', 'more=1&more=2', { more: [1, 2] }],
      ['another type of several', 'flag=abc', { flag: 'abc' }],
      ['malformed percent-encoding', 'name=%zz', 400],
      ['a scalar given twice', 'name=a&name=b', 422],
      ['an object that is none', 'place=x', 422],
      ['an object that nests too deep', `place=${'{"a":'.repeat(600)}1${'}'.repeat(600)}`, 422],
      ['a wrong number', 'age=x', 422],
    ]
    for (const [name, body, outcome] of rows) {
      const answer = await send(served, '/form', form, body)
      t.strictSame(answer.status === 200 ? JSON.parse(JSON.stringify(answer.body)) : answer.status, outcome, name)
    }
    const own = await send(served, '/form', form, '__proto__=1&toString=2')
    t.strictSame(Object.keys(own.body as object).sort(), ['__proto__', 'toString'])
  })
})

/** Sends bytes as they are, in pieces, and gives back all that comes until the server closes or `until` has come. */
function raw(t: Test, served: ServedDocument, bytes: string | readonly string[], until?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk
      if (until?.test(received)) socket.end()
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(received) : reject(error),
    )
    socket.on('close', () => resolve(received))
    t.teardown(() => socket.destroy())
    socket.setNoDelay()
    writePieces(socket, typeof bytes === 'string' ? [bytes] : bytes)
  })
}

async function writePieces(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await delay(20)
    socket.write(piece)
  }
}

t.test('bodies and their connection', async (t) => {
  const served = await serveDocument(t, document, { bodyLimit: 1000 })
  const head = 'POST /any HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'

  t.test('too large by its length: refused unread, connection closed', async (t) => {
    const answer = await raw(t, served, `${head}Content-Length: 500000\r\n\r\n`)
    t.match(answer, /^HTTP\/1.1 413 /)
    t.match(answer, /connection: close/i)
  })

  t.test('too large while it streams', async (t) => {
    const chunk = `200\r\n${'x'.repeat(512)}\r\n`
    const answer = await raw(t, served, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`)
    t.match(answer, /^HTTP\/1.1 413 /)
  })

  t.test('chunked without content is no body', async (t) => {
    const empty = 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n'
    t.match(await raw(t, served, head.replace('/any', '/json') + empty), /^HTTP\/1.1 422 /)
    t.match(await raw(t, served, `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`), /^HTTP\/1.1 200 /)
  })

  t.test('a client that waits is told to go on, or refused at once', async (t) => {
    const fine = await raw(t, served, `${head}Content-Length: 1\r\nExpect: 100-continue\r\n\r\n`, /100 Continue/)
    t.match(fine, /^HTTP\/1.1 100 Continue/)
    const refused = await raw(t, served, `${head}Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n`)
    t.match(refused, /^HTTP\/1.1 413 /, 'no 100 before the refusal')
  })

  t.test('a client that leaves harms nobody', async (t) => {
    served.calls.length = 0
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
    socket.write(`${head}Content-Length: 100\r\n\r\n{"a":`)
    await delay(20)
    socket.destroy()
    await delay(20)
    t.equal(served.calls.length, 0)
    t.strictSame((await send(served, '/any', 'application/json', '1')).body, 1)
  })

  t.test('a body that trickles in without end', async (t) => {
    const slow = await serveDocument(t, document, { requestTimeout: 50 })
    const answer = await raw(t, slow, `${head}Content-Length: 100\r\n\r\n{"a":`)
    t.match(answer, /^HTTP\/1.1 408 /)
    t.match(answer, /connection: close/i)
  })

  t.test('two bodies on one connection', async (t) => {
    const one = `${head}Content-Length: 1\r\n\r\n1`
    const last = `POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`
    const answer = await raw(t, served, one + last + one.replace('Host: x', 'Host: x\r\nConnection: close'))
    t.equal(answer.match(/HTTP\/1.1 200/g)?.length, 3)
  })

  t.test('bodies that come together with their heads, with each other, and in pieces', async (t) => {
    const chunked = 'Transfer-Encoding: chunked\r\n\r\n'
    const close = 'Connection: close\r\n'
    const rows: [name: string, pieces: string[], bodies: unknown[]][] = [
      ['chunks with their head', [`${head}${close}${chunked}3\r\n"ab\r\n2\r\nc"\r\n0\r\n\r\n`], ['abc']],
      ['behind their head', [`${head}${close}Content-Length: 3\r\n\r\n`, '"a"'], ['a']],
      ['in two pieces', [`${head}${close}Content-Length: 4\r\n\r\n"a`, 'b"'], ['ab']],
      ['chunks in pieces', [`${head}${close}${chunked}3\r\n"ab\r\n`, '2\r\nc"', '\r\n0\r\n\r\n'], ['abc']],
      [
        'three requests, cut within the third body',
        [`${head}Content-Length: 1\r\n\r\n1${head}Content-Length: 2\r\n\r\n22${head}${close}Content-Length: 3\r\n\r\n3`, '33'],
        [1, 22, 333],
      ],
    ]
    for (const [name, pieces, bodies] of rows) {
      served.calls.length = 0
      const answer = await raw(t, served, pieces)
      t.equal(answer.match(/HTTP\/1.1 200/g)?.length, bodies.length, name)
      t.strictSame(
        served.calls.map(({ body }) => body),
        bodies,
        name,
      )
    }
  })

  t.test('too large, in chunks that have all come', async (t) => {
    const chunk = `200\r\n${'1'.repeat(512)}\r\n`
    const next = `${head}Connection: close\r\nContent-Length: 1\r\n\r\n1`
    const answer = await raw(t, served, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n${next}`)
    t.match(answer, /^HTTP\/1.1 413 [\s\S]*HTTP\/1.1 200 /, 'nothing is left of it, and the next request follows')
  })

  t.test('larger than what lies in buffers', async (t) => {
    const wide = await serveDocument(t, document, { bodyLimit: 1_000_000 })
    const text = 'x'.repeat(500_000)
    const sent = `${head}Connection: close\r\nContent-Length: ${text.length + 2}\r\n\r\n"${text}"`
    t.match(await raw(t, wide, sent), /^HTTP\/1.1 200 /)
    t.ok(wide.calls[0]?.body === text)
  })
})
