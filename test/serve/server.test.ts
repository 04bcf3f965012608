import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { serve } from '../gateway.ts'

const fine = { responses: { 200: { description: 'Fine' } } }
const name = { name: 'name', in: 'path', required: true, schema: { type: 'string' } }
const project = {
  openapi: {
    openapi: '3.1.0',
    info: { title: 'Raw', version: '1' },
    paths: {
      '/quick/{name}': { get: { operationId: 'quick', parameters: [name], ...fine } },
      '/slow': { get: { operationId: 'slow', ...fine } },
      '/sent': { post: { operationId: 'sent', requestBody: { content: { 'application/json': { schema: {} } } }, ...fine } },
    },
  },
  gateway: {
    openapi: './openapi.yaml',
    log: { file: 'log.jsonl' },
    server: { maxHeaderSize: '8kb' },
    operations: { quick: { access: 'public' }, slow: { access: 'public' }, sent: { access: 'public' } },
  },
  handlers: `export const quick = ({ params }: any) => ({ name: params.name })
export const sent = ({ body }: any) => ({ body })
export const slow = () => new Promise((resolve) => setTimeout(() => resolve({ slow: true }), 500))
`,
}

/** A connection on which nothing is said but what the test says. */
interface Connection {
  socket: Socket
  received(): string
  /** Resolves with everything that was received, when the server has closed it. */
  closed: Promise<string>
}

async function openConnection(t: Test, url: string): Promise<Connection> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => socket.destroy())
  let received = ''
  socket.setEncoding('latin1').on('data', (text) => {
    received += text
  })
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(received)))
  await once(socket, 'connect')
  return { socket, received: () => received, closed }
}

/** Says it all at once, and gives what comes back until the server closes the connection. */
async function exchange(t: Test, url: string, text: string): Promise<string> {
  const { socket, closed } = await openConnection(t, url)
  socket.write(text, 'latin1')
  return closed
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

const last = 'Host: x\r\nConnection: close\r\n\r\n'

t.test('bytes that are no request', async (t) => {
  const { url, request } = await serve(t, project)
  const wrong: [what: string, text: string, status: number, code: string][] = [
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, 'malformed_request'],
    ['a method that nobody knows', `FETCH /quick/a HTTP/1.1\r\n${last}`, 400, 'malformed_request'],
    ['a version that nobody knows', `GET /quick/a HTTP/9.9\r\n${last}`, 400, 'malformed_request'],
    ['a space before the colon', `GET /quick/a HTTP/1.1\r\nX-A : b\r\n${last}`, 400, 'malformed_request'],
    ['a folded line', `GET /quick/a HTTP/1.1\r\nX-A: b\r\n c\r\n${last}`, 400, 'malformed_request'],
    ['a control character', `GET /quick/a HTTP/1.1\r\nX-A: b\x00c\r\n${last}`, 400, 'malformed_request'],
    ['two lengths', `POST /sent HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n${last}{}`, 400, 'malformed_request'],
    [
      'a length and chunks (RFC 9112 section 6.1)',
      `POST /sent HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${last}0\r\n\r\n`,
      400,
      'malformed_request',
    ],
    ['headers beyond maxHeaderSize', `GET /quick/a HTTP/1.1\r\nX-A: ${'a'.repeat(9000)}\r\n${last}`, 431, 'headers_too_large'],
    ['a target beyond maxHeaderSize', `GET /quick/${'a'.repeat(9000)} HTTP/1.1\r\n${last}`, 431, 'headers_too_large'],
  ]
  for (const [what, text, status, code] of wrong) {
    const answer = await exchange(t, url, text)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} [A-Z][^\\r]+\r\nContent-Type: application/problem\\+json`), what)
    t.match(head, /\r\nConnection: close$/)
    t.match(JSON.parse(body), { status, code, title: String })
    t.equal(Number(/Content-Length: (\d+)/.exec(head)?.[1]), Buffer.byteLength(body))
  }
  t.equal((await request('GET', '/quick/a')).status, 200, 'the next request is none the worse for it')
})

t.test('requests that HTTP itself refuses get a problem, and a line in the log', async (t) => {
  const { url, logs } = await serve(t, project)
  const sent = 'POST /sent HTTP/1.1\r\nContent-Type: application/json\r\n'
  const rows: [what: string, text: string, status: number, code: string][] = [
    ['no Host field', 'GET /quick/a HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed_request'],
    ['two Host fields', `GET /quick/a HTTP/1.1\r\nHost: y\r\n${last}`, 400, 'malformed_request'],
    ['one Host field twice', `GET /quick/a HTTP/1.1\r\nhOST: x\r\n${last}`, 400, 'malformed_request'],
    ['two, one of them empty', `GET /quick/a HTTP/1.1\r\nHost:\r\n${last}`, 400, 'malformed_request'],
    ...['a b', 'a/b', 'me@a', 'a:b', 'a:1:2', '[::1', '[::x]', 'a%2', 'a?b', 'caf\xe9'].map((host): (typeof rows)[number] => [
      `the Host field ${host}`,
      `GET /quick/a HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      400,
      'malformed_request',
    ]),
    ['an absolute target with such a host', `GET http://[x/docs HTTP/1.1\r\n${last}`, 400, 'malformed_request'],
    ['an absolute target, two Host fields', `GET http://y/docs HTTP/1.1\r\nHost: x\r\n${last}`, 400, 'malformed_request'],
    ['an absolute target, no Host field', 'GET http://y/docs HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed_request'],
    ['a target of another scheme', `GET ftp://x/quick/a HTTP/1.1\r\n${last}`, 400, 'malformed_request'],
    ['the server as a whole, with another method', `GET * HTTP/1.1\r\n${last}`, 400, 'malformed_request'],
    ['no version', 'GET /quick/a\r\n\r\n', 400, 'malformed_request'],
    ['an expectation that nobody knows', `${sent}Expect: a-miracle\r\n${last}`, 417, 'expectation_failed'],
    ['two expectations', `${sent}Expect: 100-continue\r\nExpect: 100-continue\r\n${last}`, 417, 'expectation_failed'],
    [
      'a coding that nobody knows (RFC 9112 section 6.1)',
      `${sent}Transfer-Encoding: gzip, chunked\r\nHost: x\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      501,
      'not_implemented',
    ],
    [
      'chunks in HTTP/1.0 (RFC 9112 section 6.1)',
      `POST /sent HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /quick/a HTTP/1.1\r\n${last}`,
      400,
      'malformed_request',
    ],
    ['two media types', `${sent}Content-Type: text/plain\r\nContent-Length: 2\r\n${last}{}`, 400, 'malformed_request'],
  ]
  for (const [what, text, status, code] of rows) {
    const [head, body = ''] = (await exchange(t, url, text)).split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), what)
    t.match(JSON.parse(body), { status, code, detail: /^[A-Z].+\.$/, request_id: String }, what)
  }
  t.strictSame(
    logs().flatMap(({ status }) => status ?? []),
    rows.map(([, , status]) => status),
  )
  t.match(await exchange(t, url, `CONNECT elsewhere:443 HTTP/1.1\r\n${last}`), /^HTTP\/1\.1 501 [\s\S]*"code":"not_implemented"/)
})

t.test('bytes that are no request, behind one that was answered', async (t) => {
  const { url } = await serve(t, project)
  const { socket, received, closed } = await openConnection(t, url)
  socket.write('GET /quick/a HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => received().includes('{"name":"a"}'))
  socket.write('nonsense\r\n\r\n')
  t.match(await closed, /\{"name":"a"\}HTTP\/1\.1 400 [\s\S]*"code":"malformed_request"/)
})

t.test('what is no request is answered in its turn (RFC 9112 section 9.3.2)', async (t) => {
  const { url } = await serve(t, project)
  const statuses = (answers: string) => answers.match(/(?<=^|\}|\n\n)HTTP\/1\.1 \d+/g)?.map((line) => Number(line.slice(9)))
  const slow = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'
  const quick = 'GET /quick/a HTTP/1.1\r\nHost: x\r\n\r\n'
  const chunked = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`
  const rows: [what: string, text: string, statuses: number[]][] = [
    ['behind one that is not answered yet', `${slow}nonsense\r\n\r\n`, [200, 400]],
    ['behind two', `${slow}${quick}nonsense\r\n\r\n`, [200, 200, 400]],
    ['a body that breaks, behind one', `${slow}${chunked('/sent')}no length\r\n`, [200, 400]],
    ['a body that breaks, behind one that was answered', `${quick}${chunked('/sent')}no length\r\n`, [200, 400]],
    ['a body that nobody wanted and that breaks', `${slow}${chunked('/nothing')}no length\r\n`, [200, 404]],
    ['a head that never ends, behind one', `${slow}GET /quick/a HTTP/1.1\r\n`, [200, 408]],
    ['a body that nobody wanted and that never ends', `POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{`, [404]],
  ]
  await Promise.all(
    rows.map(async ([what, text, expected]) => t.strictSame(statuses(await exchange(t, url, text)), expected, what)),
  )
})

t.test('forms of the request target (RFC 9112 section 3.2)', async (t) => {
  const { url } = await serve(t, project)
  const ask = (target: string, method = 'GET') => exchange(t, url, `${method} ${target} HTTP/1.1\r\n${last}`)
  t.match(await ask('http://elsewhere.example/quick/a?b=c'), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"name":"a"\}$/, 'absolute')
  t.match(
    await ask('http://elsewhere.example'),
    /^HTTP\/1\.1 302 [\s\S]*\r\nlocation: \/docs\r\n/,
    'absolute, without a path: the root leads to the docs',
  )
  t.match(
    await ask('http://elsewhere.example/docs'),
    /^HTTP\/1\.1 200 [\s\S]*<!doctype html>/,
    "absolute, to one of the gateway's own routes",
  )
  t.match(await ask('//quick/a'), /^HTTP\/1\.1 404 /, 'a path with an empty segment is another path')
  t.match(await ask('/quick/%zz'), /^HTTP\/1\.1 400 [\s\S]*"code":"malformed_request"/)
  t.match(await ask('*', 'OPTIONS'), /^HTTP\/1\.1 204 /, 'the server as a whole')
})

t.test('hosts (RFC 9110 section 7.2)', async (t) => {
  const { url } = await serve(t, project)
  for (const host of [
    '',
    'x',
    'x:',
    'x:80',
    ':80',
    'a-b_c.example:8000',
    '127.0.0.1:1',
    '[::1]',
    '[fe80::1]:80',
    "a%20~!$&'()*+,;=",
  ]) {
    const answer = await exchange(t, url, `GET /quick/a HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    t.match(answer, /^HTTP\/1\.1 200 /, host)
  }
})

t.test('HTTP/1.0: answered, and closed behind the answer', async (t) => {
  const { url } = await serve(t, project)
  t.match(await exchange(t, url, 'GET /quick/a HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"name":"a"\}$/)

  const { socket, closed } = await openConnection(t, url)
  const expectant = 'Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'
  socket.write(`POST /sent HTTP/1.0\r\n${expectant}`)
  setTimeout(() => socket.write('{}'), 100)
  t.match(await closed, /^HTTP\/1\.1 200 /, 'it knows no 100 Continue (RFC 9110 section 10.1.1)')
})

t.test('pipelined requests are answered in their order', async (t) => {
  const { url } = await serve(t, project)
  const answers = await exchange(
    t,
    url,
    `GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /quick/b HTTP/1.1\r\nHost: x\r\n\r\nGET /quick/c HTTP/1.1\r\n${last}`,
  )
  t.strictSame(answers.match(/\{.*\}/g), ['{"slow":true}', '{"name":"b"}', '{"name":"c"}'])
})

t.test('requests that trickle in', async (t) => {
  const server = { headersTimeout: '400ms', requestTimeout: '800ms' }
  const { url } = await serve(t, { ...project, gateway: { ...project.gateway, server } })
  const headers = await openConnection(t, url)
  headers.socket.write('GET /quick/a HTTP/1.1\r\nHost: x\r\n')
  t.match(await headers.closed, /^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/, 'header fields that never end')

  const body = await openConnection(t, url)
  body.socket.write('POST /sent HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{')
  t.match(await body.closed, /^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/, 'a body that never ends')
})

t.test('a client that leaves in the middle', async (t) => {
  const { url, request } = await serve(t, project)
  for (const text of [
    '',
    'GET /qui',
    'POST /sent HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{',
    `GET /slow HTTP/1.1\r\nHost: x\r\n\r\n`,
    'nonsense',
    `CONNECT elsewhere:443 HTTP/1.1\r\nHost: x\r\n\r\n`,
  ]) {
    for (const leave of ['destroy', 'resetAndDestroy'] as const) {
      const { socket, closed } = await openConnection(t, url)
      // At once, so that what is answered meets a connection that is gone.
      socket.write(text, () => socket[leave]())
      await closed
    }
  }
  t.equal((await request('GET', '/quick/a')).status, 200)
})

t.test('stopping: what is in flight is answered, the rest is closed', async (t) => {
  const begun = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<object>()
  const slow = () => {
    begun.resolve()
    return answer.promise
  }
  const { url, gateway } = await serve(t, project, { overrides: { handlers: { slow } } })
  const idle = await openConnection(t, url)
  idle.socket.write('GET /quick/a HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => idle.received().endsWith('{"name":"a"}'))
  const busy = await openConnection(t, url)
  busy.socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await begun.promise
  idle.socket.write('GET /quick/b HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => idle.received().endsWith('{"name":"b"}'))

  const opened = await openConnection(t, url)

  const stopped = gateway.stop()
  t.equal(gateway.stop(), stopped, 'stopping twice is stopping once')
  await idle.closed
  await opened.closed
  t.equal(busy.received(), '')
  const refused = connect(Number(new URL(url).port), '127.0.0.1')
  const [error] = await once(refused, 'error')
  t.equal(error.code, 'ECONNREFUSED')
  answer.resolve({ slow: true })
  t.match(await busy.closed, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n[\s\S]*\{"slow":true\}$/i)
  await stopped
})
