import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { closeLingering, type LingerLimits } from '../../src/serve/lingering-close.ts'
import { type Served, serve } from '../gateway.ts'

const ok = { responses: { 200: { description: 'Fine' } } }
const body = { requestBody: { content: { 'application/json': { schema: {} } } } }
const project = {
  openapi: {
    openapi: '3.1.0',
    info: { title: 'Bodies', version: '1' },
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } } },
    paths: {
      '/open': { post: { operationId: 'open', ...body, ...ok }, get: { operationId: 'look', ...ok } },
      '/limited': { post: { operationId: 'limited', ...body, ...ok } },
      '/closed': { post: { operationId: 'closed', security: [{ key: [] }], ...body, ...ok } },
    },
  },
  gateway: {
    openapi: './openapi.yaml',
    log: { file: 'log.jsonl' },
    server: { bodyLimit: '100kb', maxHeaderSize: '8kb' },
    authentication: { key: { apiKey: { keys: [{ id: 'one', sha256: '0'.repeat(64) }] } } },
    operations: {
      open: { access: 'public' },
      look: { access: 'public' },
      limited: { access: 'public', rateLimit: { limit: 1, window: '1h', by: 'ip' } },
    },
  },
  handlers: ['open', 'look', 'limited', 'closed'].map((name) => `export const ${name} = () => ({ done: true })`).join('\n'),
}

const json = 'Content-Type: application/json\r\n'
const head = (method: string, path: string, fields = '') => `${method} ${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`

async function open(t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Sends everything before it reads anything, as simple clients do; gives what came, and how the connection ended. */
async function sendAll(
  t: Test,
  served: Served,
  start: string,
  size: number,
): Promise<{ answer: string; error: string | undefined }> {
  const socket = await open(t, Number(new URL(served.url).port))
  let answer = ''
  let error: string | undefined
  socket.pause()
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    error = code
  })
  const closed = once(socket, 'close')
  socket.write(start)
  // Apart from its head, as it would arrive over a network.
  await delay(20)
  socket.write(Buffer.alloc(size, 'x'), () => socket.resume())
  await closed.catch(() => {})
  return { answer, error }
}

t.test('a client that sends before it reads still gets the refusal', async (t) => {
  const served = await serve(t, project)
  await served.request('POST', '/limited', { json: {} })
  const size = 8_000_000
  const length = `Content-Length: ${size}\r\n`
  const rows: [what: string, status: number, head: string][] = [
    ['too large', 413, head('POST', '/open', json + length)],
    ['too large in chunks', 413, `${head('POST', '/open', `${json}Transfer-Encoding: chunked\r\n`)}${size.toString(16)}\r\n`],
    ['of another media type', 415, head('POST', '/open', `Content-Type: text/plain\r\n${length}`)],
    ['without credentials', 401, head('POST', '/closed', json + length)],
    ['over its limit', 429, head('POST', '/limited', json + length)],
    ['nowhere', 404, head('POST', '/nowhere', json + length)],
    ['to be closed anyway', 404, head('POST', '/nowhere', `Connection: close\r\n${length}`)],
    ['with too many headers', 431, `${head('GET', '/open').slice(0, -2)}X-Long: `],
  ]
  for (const [what, status, head] of rows) {
    const { answer, error } = await sendAll(t, served, head, size)
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*"status":${status}`), what)
    t.match(answer, /\r\nconnection: close\r\n/i)
    t.equal(error, undefined, 'and no reset')
  }
})

t.test('the connection stays where the rest is small', async (t) => {
  const served = await serve(t, project)
  const socket = await open(t, Number(new URL(served.url).port))
  let answers = ''
  socket.on('data', (chunk) => {
    answers += chunk
  })
  socket.write(head('POST', '/closed', `${json}Content-Length: 7\r\n`))
  await once(socket, 'data')
  socket.write(`{"a":1}${head('GET', '/open', 'Connection: close\r\n')}`)
  await once(socket, 'close')
  t.match(answers, /^HTTP\/1\.1 401 [\s\S]*\r\nConnection: keep-alive\r\n[\s\S]*HTTP\/1\.1 200 [\s\S]*\r\nConnection: close\r\n/)
})

t.test('it closes where nobody can tell how much would come', async (t) => {
  const served = await serve(t, project)
  for (const fields of ['Transfer-Encoding: chunked\r\n', 'Content-Length: 7\r\nExpect: 100-continue\r\n']) {
    const { answer } = await sendAll(t, served, head('POST', '/closed', json + fields), 0)
    t.match(answer, /^HTTP\/1\.1 401 [\s\S]*\r\nconnection: close\r\n/, fields)
  }
})

t.test('what is dropped is not taken for requests', async (t) => {
  const served = await serve(t, project)
  const socket = await open(t, Number(new URL(served.url).port))
  const length = 100_001
  socket.write(head('POST', '/closed', `${json}Content-Length: ${length}\r\n`))
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1\.1 401 /)
  socket.write('x'.repeat(length) + head('GET', '/open'))
  await once(socket.resume(), 'close')
  await served.request('GET', '/open')
  t.equal(served.logs().filter(({ path }) => path === '/open').length, 1)
})

t.test('a stop does not wait for a client that goes on sending', async (t) => {
  const served = await serve(t, project)
  const socket = await open(t, Number(new URL(served.url).port))
  socket.on('error', () => {})
  socket.write(head('POST', '/closed', `${json}Content-Length: 1000000\r\n`))
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1\.1 401 [\s\S]*"status":401/)
  const sending = setInterval(() => socket.write('x'), 20)
  t.teardown(() => clearInterval(sending))
  await served.gateway.stop()
  t.pass('stopped')
})

t.test('lingering ends', async (t) => {
  const most: LingerLimits = { time: 60_000, silence: 60_000, bytes: 1e9 }
  const rows: [after: string, limits: Partial<LingerLimits>, client: (socket: Socket) => void][] = [
    ['when the client has closed too', {}, (socket) => socket.end('more')],
    ['after a time, however much comes', { time: 100 }, (socket) => void setInterval(() => socket.write('x'), 10).unref()],
    ['after a silence', { silence: 50 }, () => {}],
    ['after so many bytes', { bytes: 100_000 }, (socket) => socket.write(Buffer.alloc(5_000_000))],
  ]
  for (const [after, limits, client] of rows) {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const accepted = once(server, 'connection')
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    const [lingering] = (await accepted) as [Socket]
    const closed = once(lingering, 'close')
    lingering.write('that was all')
    closeLingering(lingering, { ...most, ...limits })
    const [last] = await once(socket, 'data')
    t.equal(String(last), 'that was all', after)
    client(socket)
    await closed
    socket.destroy()
    server.close()
  }
})
