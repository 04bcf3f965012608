import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { packageUrl, serve } from '../gateway.ts'

const any = { default: { description: 'whatever', content: { 'application/json': {}, 'application/octet-stream': {} } } }

function openapi(...ids: string[]) {
  const paths = Object.fromEntries(ids.map((id) => [`/${id}`, { get: { operationId: id, responses: any } }]))
  return { openapi: '3.1.0', info: { title: 'test', version: '1' }, security: [], paths }
}

const gateway = { defaults: { cors: { origins: ['https://app.example.com'] } } }
const page = { headers: { origin: 'https://app.example.com' } }

/** What HTTP cannot send, as handlers' code. */
const unsendable = {
  lineBreak: "reply(200, {}, { 'x-name': 'a\\r\\nset-cookie: b=c' })",
  beyondLatin: "reply(200, {}, { 'x-name': 'π' })",
  headerName: "reply(204, undefined, { 'x name': 'a' })",
  noValue: "reply(200, {}, { 'x-name': undefined })",
  tooLow: 'reply(99, {})',
  tooHigh: 'reply(1000, {})',
  interim: 'reply(101, {})',
  word: "reply('abc', {})",
  fraction: 'reply(200.5, {})',
  problemStatus: "problem('odd', { status: 204 })",
  problemHeader: "problem('odd', { status: 400, headers: { 'x-name': 'a\\nb' } })",
  problemValue: "problem('odd', { status: 400, extra: { big: 1n } })",
  changedLater: 'Object.assign(reply(200, {}), { status: 7 })',
  endedStream: 'reply(200, Readable.from([1]).destroy())',
}

t.test('an answer that HTTP cannot send becomes 500 and harms nobody else', async (t) => {
  const handlers = Object.entries(unsendable).map(([id, code]) => `export const ${id} = (_, { reply, problem }) => ${code}`)
  const { request, logs } = await serve(t, {
    openapi: openapi(...Object.keys(unsendable)),
    gateway,
    handlers: `import { Readable } from 'node:stream'\n${handlers.join('\n')}`,
  })
  for (const id of Object.keys(unsendable)) {
    const { status, body, headers } = await request('GET', `/${id}`, page)
    t.equal(status, 500, id)
    t.match(body, { code: 'internal_error', instance: `/${id}`, request_id: headers.get('x-request-id') as string })
    t.equal(headers.get('access-control-allow-origin'), 'https://app.example.com')
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.equal(headers.get('set-cookie'), null)
  }
  const faults = logs().filter(({ level }) => level === 'error')
  t.equal(faults.length, Object.keys(unsendable).length, 'the log says why')
})

t.test('headers of a reply', async (t) => {
  const { request } = await serve(t, {
    openapi: openapi('spelled', 'framed'),
    handlers: `
      export const spelled = (_, { reply }) => reply(200, 'a', Object.freeze({ 'Content-Type': 'text/csv', 'Retry-After': 5, 'X-Request-Id': 'mine' }))
      export const framed = (_, { reply }) => reply(200, { a: 1 }, { 'content-length': '3', 'transfer-encoding': 'chunked' })
    `,
  })
  const spelled = await request('GET', '/spelled', { headers: { 'x-request-id': 'theirs' } })
  t.equal(spelled.text, 'a')
  t.equal(spelled.headers.get('content-type'), 'text/csv', 'names in any case are the same header')
  t.equal(spelled.headers.get('retry-after'), '5')
  t.equal(spelled.headers.get('x-request-id'), 'theirs')
  t.same((await request('GET', '/framed')).body, { a: 1 })
})

t.test('streams', async (t) => {
  const { request, url, logs } = await serve(t, {
    openapi: openapi('whole', 'failing', 'broken', 'endless', 'late', 'open'),
    handlers: `
      import { Readable } from 'node:stream'
      let open = 0
      const counted = (stream) => { open++; return stream.on('close', () => open--) }
      const endless = () => counted(new Readable({ read() { setTimeout(() => this.push('x'), 1) } }))
      export const whole = (_, { reply }) => reply(200, Readable.from(['a', 'b']), { 'content-type': 'text/plain' })
      export const failing = (_, { reply }) => {
        let left = 3
        return reply(200, new Readable({ read() { if (left-- > 0) this.push('a'); else this.destroy(new Error('disk gone')) } }))
      }
      export const broken = (_, { reply }) => {
        let left = 3
        return reply(200, new Readable({ read() { if (left-- > 0) this.push('a'); else this.destroy() } }))
      }
      export { endlessly as endless }
      const endlessly = (_, { reply }) => reply(200, endless())
      export const late = async (_, { reply, signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return reply(200, endless())
      }
      export { opened as open }
      const opened = () => ({ open })
    `,
  })
  t.equal((await request('GET', '/whole')).text, 'ab')
  for (const path of ['/failing', '/broken']) await t.rejects(request('GET', path), `${path} does not look complete`)
  t.ok(
    logs().some((record) => JSON.stringify(record).includes('disk gone')),
    'the log says why',
  )
  for (const path of ['/endless', '/late']) {
    const leaving = new AbortController()
    const left = fetch(url + path, { signal: leaving.signal }).then((response) => response.text())
    await new Promise((resolve) => setTimeout(resolve, 50))
    leaving.abort()
    await t.rejects(left)
  }
  t.equal((await request('HEAD', '/endless')).status, 200)
  let { open } = (await request('GET', '/open')).body
  while (open > 0) open = (await request('GET', '/open')).body.open
  t.equal(open, 0, 'no stream stays open')
})

t.test('a file that cannot be opened is a fault, and nothing of it has been sent', async (t) => {
  const { request, logs } = await serve(t, {
    openapi: openapi('file', 'missing', 'late'),
    gateway: { extensions: ['./lingers.ts'], operations: { late: { lingers: true } } },
    handlers: `
      import { createReadStream } from 'node:fs'
      export const file = () => createReadStream(new URL(import.meta.url))
      export const missing = (_, { reply }) => reply(200, createReadStream('/nowhere/at/all'), { 'content-type': 'text/plain', 'content-length': 5 })
      export { missing as late }
    `,
    files: {
      'lingers.ts': `
        import { definePolicy, Type } from '${packageUrl}'
        const linger = () => new Promise((resolve) => setTimeout(resolve, 200))
        export const lingers = definePolicy({ name: 'lingers', schema: Type.Boolean(), compile: () => ({ after: linger }) })`,
    },
  })
  t.match(await request('GET', '/file'), { status: 200, text: 'createReadStream' })
  t.match(await request('HEAD', '/file'), { status: 200, text: '' })
  for (const path of ['/missing', '/late']) {
    const { status, headers, body } = await request('GET', path)
    t.match({ status, body }, { status: 500, body: { code: 'internal_error' } }, path)
    t.match(headers.get('content-type'), 'application/problem+json')
    t.notMatch(JSON.stringify(body), 'nowhere')
  }
  t.equal(logs().filter((record) => JSON.stringify(record).includes('ENOENT')).length, 2, 'the log says why')
})

t.test('a client that takes nothing of its answer is cut off; one that is slow, or waits for more, is not', async (t) => {
  const { url } = await serve(t, {
    openapi: openapi('large', 'streamed', 'quiet'),
    gateway: { server: { sendTimeout: '400ms' } },
    handlers: `
      import { Readable } from 'node:stream'
      import { setTimeout as wait } from 'node:timers/promises'
      const piece = Buffer.alloc(64 * 1024, 'x')
      export const large = (_, { reply }) => reply(200, Buffer.alloc(24 * 1024 * 1024, 'x'), { 'content-type': 'application/octet-stream' })
      export const streamed = (_, { reply }) => reply(200, Readable.from((function* () { for (let i = 0; i < 384; i++) yield piece })()))
      export const quiet = (_, { reply }) => reply(200, Readable.from((async function* () { yield 'a'; await wait(1500); yield 'b' })()))
    `,
  })
  async function ask(path: string, onData: (socket: Socket, data: Buffer) => void): Promise<{ seconds: number; bytes: number }> {
    const started = performance.now()
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    let bytes = 0
    socket.on('data', (data: Buffer) => {
      bytes += data.length
      onData(socket, data)
    })
    await once(socket, 'close')
    return { seconds: (performance.now() - started) / 1000, bytes }
  }
  for (const path of ['/large', '/streamed']) {
    let stalls = 1500
    const stalled = await ask(path, (socket) => {
      socket.pause()
      setTimeout(() => socket.resume(), stalls)
      stalls = 0
    })
    t.ok(stalled.bytes < 24 * 1024 * 1024, `${path}: ${stalled.bytes} bytes came`)
    const slow = await ask(path, (socket) => {
      socket.pause()
      setTimeout(() => socket.resume(), 2)
    })
    t.ok(slow.bytes > 24 * 1024 * 1024, `${path}: all comes to a slow client`)
  }
  const quiet = await ask('/quiet', () => {})
  t.ok(quiet.seconds > 1.4 && quiet.bytes > 0)
})
