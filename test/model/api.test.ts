import t, { type Test } from 'tap'
import { planGateway } from '../../src/index.ts'
import { writeProject } from '../gateway.ts'

const openapi = { openapi: '3.1.0', info: { title: 'test', version: '1' }, paths: {} }

async function errors(t: Test, lines: string[], files: Record<string, string> = {}) {
  const gateway = ['# my api', 'handlers: ./handlers', ...lines].join('\n')
  const directory = writeProject(t, { gateway, files: { 'api/openapi.yaml': JSON.stringify(openapi), ...files } })
  const { diagnostics } = await planGateway({ directory, environment: {} })
  return diagnostics.filter(({ severity }) => severity === 'error')
}

t.test('a missing document is reported where it is named', async (t) => {
  t.match(await errors(t, ['openapi: ./api/opnapi.yaml']), [
    {
      code: 'missing-file',
      message: /"api\/opnapi.yaml"/,
      at: { line: 3, column: 10 },
      hint: /^Did you mean "api\/openapi.yaml"\?/,
    },
  ])
  t.match(await errors(t, ['openapi:', '  - { file: ./api/openapi.yaml }', '  - { prefix: /v2, file: ./elsewhere.yaml }']), [
    { code: 'missing-file', at: { line: 5, column: 26 }, hint: /^The path/ },
  ])
  t.match(await errors(t, []), [{ code: 'missing-file', message: /"openapi.yaml"/, at: { line: 2 } }], 'named by nobody')
})

t.test('the usual document is not looked for when what names another was refused', async (t) => {
  const found = await errors(t, ['openapi: [./api/openapi.yaml]', 'operations: { one: { access: public } }'])
  t.match(found, [{ code: 'wrong-type', at: { line: 3, column: 11 }, hint: 'Write { file: ./api/openapi.yaml }.' }])
  t.equal(found.length, 1)
})

const responses = { 200: { description: 'ok' } }

t.test('an operationId that is refused is the only finding about its operation', async (t) => {
  for (const [operationId, code] of [
    ['getBook', 'duplicate-operation-id'],
    [12, 'wrong-type'],
  ]) {
    const openapi = {
      openapi: '3.1.0',
      info: { title: 'T', version: '1' },
      paths: { '/books/{id}': { get: { operationId: 'getBook', responses }, delete: { operationId, responses } } },
    }
    const directory = writeProject(t, {
      openapi,
      gateway: { operations: { getBook: { access: 'public' }, deleteBook: { access: 'public' } } },
      handlers: 'export const getBook = () => 1\nexport const deleteBook = () => undefined\n',
    })
    const { diagnostics } = await planGateway({ directory, environment: {} })
    const found = diagnostics.filter((finding) => finding.code !== 'path-parameter')
    t.match(found, [{ code, at: { file: 'openapi.yaml' } }])
    t.equal(found.length, 1)
  }
})

t.test('a path item that stands at two paths has two operations', async (t) => {
  const openapi = {
    openapi: '3.1.0',
    info: { title: 'T', version: '1' },
    security: [],
    paths: { '/a': { get: { operationId: 'getIt', responses } }, '/b': { $ref: '#/paths/~1a' } },
  }
  const directory = writeProject(t, { openapi, handlers: 'export const getIt = () => 1\nexport const getB = () => 2\n' })
  const plan = await planGateway({ directory, environment: {} })
  t.same(plan.diagnostics, [])
  t.same(
    plan.operations.map(({ id }) => id),
    ['getIt', 'getB'],
  )
})
