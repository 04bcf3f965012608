import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import Router from '@koa/router'
import Koa from 'koa'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { type DocsOptions, docsRoutes } from '../../src/serve/docs.ts'

const events = { asyncapi: '3.0.0', info: { title: 'Purrs', version: '1' } }
const document = { openapi: '3.1.0', info: { title: 'Cats & <Dogs>', version: '1' }, paths: {} }

/** Asks a server that serves the docs; bodies are left as they were sent. */
async function serveDocs(t: Test, options: Partial<DocsOptions> = {}) {
  const router = new Router()
  for (const route of docsRoutes({
    descriptions: { openapi: () => document, asyncapi: () => events },
    live: true,
    config: { path: '/docs', ui: 'scalar' },
    basePath: '/api',
    ...options,
  })) {
    router.get(route.path, route.handle as never)
  }
  const server = new Koa().use(router.routes() as never).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return async function get(path: string, headers: Record<string, string> = {}) {
    const [response] = await once(request({ host: '127.0.0.1', port, path, headers }).end(), 'response')
    return { status: response.statusCode as number, headers: response.headers, body: Buffer.concat(await response.toArray()) }
  }
}

t.test('without live events there is nothing about them', async (t) => {
  const get = await serveDocs(t, { live: false })
  t.equal((await get('/api/asyncapi.json')).status, 404)
  for (const page of ['/api/scalar', '/api/swagger']) t.notMatch((await get(page)).body.toString(), 'asyncapi')
})

t.test('the documents as JSON and as YAML', async (t) => {
  const get = await serveDocs(t)
  const json = await get('/api/openapi.json')
  t.match(json.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-cache', vary: 'accept-encoding' })
  t.same(JSON.parse(json.body.toString()), document)
  const yaml = await get('/api/openapi.yaml')
  t.match(yaml.headers, { 'content-type': /^application\/yaml/ })
  t.same(parse(yaml.body.toString()), document)
  t.same(JSON.parse((await get('/api/asyncapi.json')).body.toString()), events)
  t.same(parse((await get('/api/asyncapi.yaml')).body.toString()), events)
  const again = await get('/api/openapi.json', { 'if-none-match': json.headers.etag })
  t.match(again, { status: 304, headers: { etag: json.headers.etag } })
  t.equal(again.body.length, 0)
})

/** The addresses that a page loads. */
function links(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="(\/[^"]+\/assets\/[^"]+)"/g)].map((match) => match[1] as string)
}

for (const [path, count] of [
  ['/api/docs', 2],
  ['/api/scalar', 2],
  ['/api/swagger', 3],
] as const) {
  t.test(`${path} loads everything from here`, async (t) => {
    const get = await serveDocs(t)
    const page = await get(path)
    const html = page.body.toString()
    t.match(page, { status: 200, headers: { 'content-type': /^text\/html/, 'cache-control': 'no-store' } })
    t.match(html, '<title>Cats &amp; &lt;Dogs&gt;</title>')
    t.notMatch(html, /https?:/)

    const policy = page.headers['content-security-policy'] as string
    const nonce = /'nonce-([\w-]+)'/.exec(policy)?.[1]
    t.match(policy, "default-src 'none'")
    t.notMatch(policy, /script-src[^;]*unsafe/)
    t.ok([...html.matchAll(/<script([^>]*)>/g)].every(([, attributes]) => attributes?.includes(`nonce="${nonce}"`)))
    const other = await get(path)
    t.not(other.headers['content-security-policy'], policy, 'a nonce is used once')

    t.equal(links(html).length, count)
    for (const link of links(html)) {
      const asset = await get(link, { 'accept-encoding': 'identity' })
      t.match(
        asset,
        { status: 200, headers: { 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' } },
        link,
      )
      t.ok(asset.body.length > 1000, link)
    }
  })
}

t.test('files are compressed as the client likes, each with a validator of its own', async (t) => {
  const get = await serveDocs(t, { config: { path: '/docs', ui: 'swagger' } })
  const style = links((await get('/api/docs')).body.toString()).find((link) => link.endsWith('.css')) as string
  const plain = await get(style)
  const br = await get(style, { 'accept-encoding': 'gzip, br' })
  const gzip = await get(style, { 'accept-encoding': 'gzip' })
  t.same(
    [plain, br, gzip].map(({ headers }) => headers['content-encoding']),
    [undefined, 'br', 'gzip'],
  )
  t.ok(brotliDecompressSync(br.body).equals(plain.body) && gunzipSync(gzip.body).equals(plain.body))
  t.equal(new Set([plain, br, gzip].map(({ headers }) => headers.etag)).size, 3)
  t.equal((await get(style, { 'accept-encoding': 'br', 'if-none-match': br.headers.etag })).status, 304)
  t.equal((await get(style, { 'accept-encoding': 'br', 'if-none-match': plain.headers.etag })).status, 200)
})

t.test('there are no other files', async (t) => {
  const get = await serveDocs(t)
  const script = links((await get('/api/docs')).body.toString()).find((link) => link.endsWith('.js')) as string
  for (const path of [
    '/api/docs/assets/scalar.js',
    '/api/docs/assets/x.scalar.js',
    '/api/docs/assets/..%2fscalar.js',
    `${script}x`,
    '/api/docs/assets/',
  ]) {
    t.equal((await get(path)).status, 404, path)
  }
})

t.test('the licences stand beside what they license', async (t) => {
  const get = await serveDocs(t)
  for (const [path, text] of [
    ['/api/scalar', 'Scalar'],
    ['/api/swagger', 'Apache License'],
  ] as const) {
    const licence = links((await get(path)).body.toString()).find((link) => link.endsWith('.txt')) as string
    t.match((await get(licence)).body.toString(), text)
  }
})
