import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import t from 'tap'
import { noBrowser, openBrowser } from '../browser.ts'
import { serveClientProject } from './served.ts'

t.setTimeout(300_000)

t.test('a page of another origin uses the client', { skip: noBrowser }, async (t) => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.ts')],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    write: false,
  })
  const server = createServer((req, res) => {
    const script = req.url === '/page.js'
    res.setHeader('content-type', script ? 'text/javascript' : 'text/html')
    res.end(script ? outputFiles[0]?.text : '<!doctype html><script src="/page.js"></script>')
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { url, token } = await serveClientProject(t, origin)

  const page = await (await openBrowser(t)).newPage()
  await page.goto(origin)
  const found = await page.evaluate(`calls(${JSON.stringify(url)}, ${JSON.stringify(await token())})`)
  t.match(found, {
    greeting: { greeting: 'Hello, Ada! Hello, Ada!' },
    refusal: '/name',
    stored: ['untitled', '1 here', 'a.csv text/csv 4'],
    streamed: { counted: 2 },
    cancelled: 'cancelled',
    resumed: { counted: 2 },
    events: [1, 2, 3],
  })
})
