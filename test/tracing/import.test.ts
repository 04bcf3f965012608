import { spawn } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readBlocks } from '../documentation/blocks.ts'
import { writeProject } from '../gateway.ts'

const root = join(import.meta.dirname, '../..')

t.test('the instrumentation of the guide, by --import', async (t) => {
  const block = readBlocks('docs/observability.md').find(({ marks }) => marks.get('file') === 'instrumentation.mjs')
  const directory = writeProject(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
      paths: { '/hello': { get: { operationId: 'hello', security: [], responses: { 200: { description: 'ok' } } } } },
    },
    handlers: "export const hello = () => 'hello'",
  })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'instrumentation.mjs'), block?.content ?? '')
  const child = spawn(
    process.execPath,
    ['--import', './instrumentation.mjs', join(root, 'src/cli/main.ts'), 'start', '--port', '0'],
    { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  t.teardown(() => child.kill())
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  const until = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(output)
      if (found !== null) return found[1] as string
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const url = await until(/(http:\/\/localhost:\d+)\//)
  await fetch(`${url}/hello`)
  t.equal(await until(/name: '(GET [^']*)'/), 'GET /hello')
  child.kill()
  t.equal(await new Promise((resolve) => child.once('exit', resolve)), 0)
})
