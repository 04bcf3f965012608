import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { Reply, type RequestContext } from '../../src/context.ts'
import { UploadedFile } from '../../src/messages/uploaded-file.ts'
import { serveDocument } from './serve-document.ts'

const integer = { type: 'integer' }
const binary = { type: 'string', format: 'binary', minLength: 1 }
const schema = {
  type: 'object',
  required: ['photo'],
  properties: {
    photo: binary,
    more: { type: 'array', maxItems: 2, items: {} },
    name: { type: 'string' },
    age: integer,
    sizes: { type: 'array', items: integer },
    meta: { type: 'object', properties: { x: integer }, additionalProperties: false },
    mode: { type: 'string', default: 'fast' },
  },
}
const content = { 'multipart/form-data': { schema } }
const paths = { '/': { post: { requestBody: { required: true, content }, responses: { 200: { description: 'ok' } } } } }

// A temporary directory of this test's own, in which nobody else leaves anything.
process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'gatefold-test-'))
t.teardown(() => rmSync(tmpdir(), { recursive: true, force: true }))

function ownDirectories(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('gatefold-') && !name.startsWith('gatefold-test-'))
}

/** Directories go right after the response; the client can be faster. */
async function eventually(check: () => boolean): Promise<boolean> {
  while (!check()) await delay(10)
  return true
}

t.test('multipart forms', async (t) => {
  const seen: { form?: Record<string, unknown>; content?: string; path?: string } = {}
  async function answer(context: RequestContext): Promise<Reply> {
    const form = context.body as Record<string, unknown>
    const photo = form.photo as UploadedFile
    Object.assign(seen, { form, content: await text(photo.stream()), path: photo.path })
    return new Reply(200)
  }
  const served = await serveDocument(t, { paths }, { bodyLimit: 200_000, partLimit: 10, answer })

  async function send(body: FormData): Promise<{ status: number; errors: string[] }> {
    const response = await fetch(served.url, { method: 'POST', body })
    const problem = (await response.text()) || '{}'
    const errors = (JSON.parse(problem).errors ?? []) as { pointer: string; message: string }[]
    return { status: response.status, errors: errors.map((error) => error.pointer) }
  }

  t.test('texts have types, files lie on disk until the response ends', async (t) => {
    const body = new FormData()
    body.append('photo', new Blob(['pixels'], { type: 'image/png' }), 'me at sea ünd.png')
    body.append('age', '30')
    body.append('sizes', '1')
    body.append('sizes', '2')
    body.append('meta', new Blob(['{"x":1}'], { type: 'application/json' }))
    body.append('__proto__', 'data')
    t.strictSame(await send(body), { status: 200, errors: [] })
    const photo = seen.form?.photo as UploadedFile
    t.ok(photo instanceof UploadedFile)
    t.match(photo, { filename: 'me at sea ünd.png', mediaType: 'image/png', size: 6 })
    t.equal(seen.content, 'pixels')
    t.match(seen.form, { age: 30, sizes: [1, 2], meta: { x: 1 }, mode: 'fast' })
    t.ok(Object.hasOwn(seen.form as object, '__proto__'))
    t.notMatch(JSON.stringify(photo), /tmp/, 'the path stays on the server')
    t.ok(await eventually(() => !existsSync(seen.path as string)), 'removed')
  })

  t.test('what is declared to be a file is one without a file name too', async (t) => {
    const body = new FormData()
    body.append('photo', 'pïxels')
    body.append('name', 'Ada')
    t.strictSame(await send(body), { status: 200, errors: [] })
    const photo = seen.form?.photo as UploadedFile
    t.ok(photo instanceof UploadedFile)
    t.match(photo, { filename: undefined, mediaType: 'text/plain', size: 7 })
    t.equal(seen.content, 'pïxels')
    t.equal(seen.form?.name, 'Ada')
    t.ok(await eventually(() => !existsSync(seen.path as string)), 'removed')
  })

  t.test('bytes without a file name are refused rather than stored damaged', async (t) => {
    const part = 'Content-Disposition: form-data; name="photo"\r\nContent-Type: image/png\r\n\r\n'
    const post = (bytes: Uint8Array) =>
      fetch(served.url, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
        body: Buffer.concat([Buffer.from(`--x\r\n${part}`), bytes, Buffer.from('\r\n--x--\r\n')]),
      })
    const refused = await post(Buffer.from('89504e47fffe', 'hex'))
    t.equal(refused.status, 400)
    t.match(await refused.json(), {
      detail: "The part 'photo' is a file whose bytes are no text: it needs a filename (RFC 7578 section 4.2).",
    })
    t.equal((await post(Buffer.from('gr\u00fc\u00df dich'))).status, 200)
    t.equal(seen.content, 'gr\u00fc\u00df dich')
  })

  t.test('directories in a file name are dropped', async (t) => {
    const body = new FormData()
    body.append('photo', new Blob(['x']), '../../etc/passwd')
    await send(body)
    t.equal((seen.form as { photo: UploadedFile }).photo.filename, 'passwd')
  })

  t.test('what the schema says against it', async (t) => {
    const body = new FormData()
    body.append('age', 'x')
    for (let i = 0; i < 3; i++) body.append('more', new Blob(['x']), 'a')
    t.strictSame((await send(body)).errors.sort(), ['/age', '/more', '/photo'])
    const wrong = new FormData()
    wrong.append('photo', new Blob(['x']))
    wrong.append('age', new Blob(['x']), 'age.txt')
    t.strictSame(await send(wrong), { status: 422, errors: ['/age'] }, 'a file is no number')
  })

  t.test('limits', async (t) => {
    const large = new FormData()
    large.append('photo', new Blob(['x'.repeat(300_000)]))
    t.equal((await send(large)).status, 413)
    const many = new FormData()
    for (let i = 0; i < 20; i++) many.append('sizes', '1')
    t.equal((await send(many)).status, 413)
    t.ok(await eventually(() => ownDirectories().length === 0), 'nothing is left behind')
  })

  t.test('malformed bodies', async (t) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    for (const [body, contentType] of [
      ['--b\r\ncontent-disposition: form-data; name="photo"\r\n\r\nopen', headers['content-type']],
      ['--b\r\ncontent-disposition: form-data\r\n\r\nnameless\r\n--b--\r\n', headers['content-type']],
      ['--b\r\ncontent-disposition: form-data; filename="a"\r\n\r\nnameless\r\n--b--\r\n', headers['content-type']],
      ['nothing', headers['content-type']],
      ['--b--', 'multipart/form-data'],
    ] as const) {
      const response = await fetch(served.url, { method: 'POST', body, headers: { 'content-type': contentType } })
      t.equal(response.status, 400, body)
    }
    t.ok(await eventually(() => ownDirectories().length === 0), 'nothing is left behind')
  })

  t.test('JSON that would overflow the stack of whoever walks through it', async (t) => {
    const form = new FormData()
    form.append('photo', new Blob(['x']))
    form.append('meta', new Blob([`${'{"x":'.repeat(5000)}1${'}'.repeat(5000)}`], { type: 'application/json' }))
    t.strictSame(await send(form), { status: 422, errors: ['/meta'] })
  })

  t.test('compressed, and a bomb', async (t) => {
    const part = (text: string) => `--b\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\n\r\n${text}\r\n--b--\r\n`
    const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-encoding': 'gzip' }
    const fine = await fetch(served.url, { method: 'POST', body: gzipSync(part('zip')), headers })
    t.strictSame([fine.status, seen.content], [200, 'zip'])
    const bomb = await fetch(served.url, { method: 'POST', body: gzipSync(part('0'.repeat(1_000_000))), headers })
    t.equal(bomb.status, 413)
  })

  t.test('a file that breaks off before there is a place for it', async (t) => {
    const body = '--b\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\n\r\nopen'
    const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}`
    for (let i = 0; i < 5; i++) {
      const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
      socket.write(`${head}\r\n\r\n${body}`)
      t.match(await text(socket), /^HTTP\/1\.1 400 /)
    }
    t.ok(await eventually(() => ownDirectories().length === 0), 'nothing is left behind')
  })

  t.test('a client that leaves', async (t) => {
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n'
    socket.write(`${head}--b\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\n\r\nhalf of i`)
    await eventually(() => ownDirectories().length === 1)
    socket.destroy()
    t.ok(await eventually(() => ownDirectories().length === 0), 'its files go with it')
  })
})

t.test('a form that trickles in without end', async (t) => {
  const served = await serveDocument(t, { paths }, { requestTimeout: 50 })
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('--b\r\n')) })
  const response = await fetch(served.url, { method: 'POST', body, headers, duplex: 'half' } as RequestInit)
  t.equal(response.status, 408)
})

t.test('encoding of parts', async (t) => {
  const encoding = { list: { contentType: 'application/json' }, csv: { style: 'form', explode: false } }
  const properties = { list: { type: 'array', items: integer }, csv: { type: 'array', items: integer } }
  const own = { 'multipart/form-data': { schema: { type: 'object', properties }, encoding } }
  const served = await serveDocument(t, { paths: { '/': { post: { requestBody: { content: own }, responses: {} } } } })
  const body = new FormData()
  body.append('list', '[1,2]')
  body.append('csv', '3,4')
  const response = await fetch(served.url, { method: 'POST', body })
  t.equal(response.status, 200, await response.text())
  t.strictSame(JSON.parse(JSON.stringify(served.calls[0]?.body)), { list: [1, 2], csv: [3, 4] })
})
