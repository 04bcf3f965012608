import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { asyncApiErrors, openApiErrors } from '../described.ts'
import { writeProject } from '../gateway.ts'
import { gatefold } from './command-line.ts'

t.setTimeout(300_000)

const project = {
  openapi: {
    openapi: '3.1.0',
    info: { title: 'Jobs', version: '1' },
    paths: { '/run': { post: { operationId: 'run', security: [], responses: { 200: { description: 'done' } } } } },
  },
  gateway: { operations: { run: { access: 'public', task: {} } } },
  handlers: 'export const run = () => null',
}

t.test('openapi and asyncapi print what is served, and start nothing', async (t) => {
  const directory = writeProject(t, project)
  const openapi = await gatefold(directory, ['openapi'])
  t.equal(openapi.code, 0)
  const document = parse(openapi.stdout)
  t.equal(await openApiErrors(document), '')
  t.ok(document.paths['/tasks/{task_id}'])

  const asyncapi = await gatefold(directory, ['asyncapi', '--format', 'json'])
  t.equal(asyncapi.code, 0)
  t.equal(asyncApiErrors(JSON.parse(asyncapi.stdout)), '')

  const written = await gatefold(directory, ['openapi', '--out', 'api/openapi.json'])
  t.match(written, { code: 0, stdout: 'wrote api/openapi.json\n' })
  t.strictSame(JSON.parse(readFileSync(join(directory, 'api/openapi.json'), 'utf8')), document)
})

t.test('what cannot be printed is said', async (t) => {
  const directory = writeProject(t, project)
  t.match(await gatefold(directory, ['asyncapi', '--format', 'xml']), {
    code: 2,
    stdout: '',
    stderr: "gatefold: 'xml' is no format; there are: yaml, json\nTry 'gatefold asyncapi --help'.\n",
  })
  const synchronous = writeProject(t, { ...project, gateway: { operations: { run: { access: 'public' } } } })
  t.match(await gatefold(synchronous, ['asyncapi']), { code: 1, stdout: '', stderr: /no operation is a task/ })
  const broken = writeProject(t, { ...project, gateway: { operations: { walk: { access: 'public' } } } })
  t.match(await gatefold(broken, ['openapi']), { code: 1, stdout: '', stderr: /unknown-operation/ })
})
