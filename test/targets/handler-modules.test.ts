import t from 'tap'
import { planGateway } from '../../src/gateway.ts'
import { type Project, writeProject } from '../gateway.ts'

const responses = { 200: { description: 'ok' } }

function api(...operationIds: string[]): object {
  const paths = Object.fromEntries(operationIds.map((operationId, index) => [`/${index}`, { get: { operationId, responses } }]))
  return { openapi: '3.1.0', info: { title: 'T', version: '1' }, security: [], paths }
}

async function check(t: Parameters<typeof writeProject>[0], project: Project) {
  const directory = writeProject(t, project)
  const { diagnostics } = await planGateway({ directory, environment: {} })
  return diagnostics.map(({ code, message, hint, at }) => ({ code, message, hint, at: `${at?.file}:${at?.line}` }))
}

t.test('a directory of handlers that is not there is one error, where gateway.yaml names it', async (t) => {
  const project = { openapi: api('one', 'two'), handlers: 'export const one = () => 1\nexport const two = () => 2\n' }
  const gateway = (handlers: string) => `openapi: ./openapi.yaml\nhandlers: ${handlers}\n`

  const misspelt = await check(t, { ...project, gateway: gateway('./handler') })
  const message = 'the directory "./handler" does not exist'
  t.same(misspelt, [{ code: 'missing-file', message, hint: 'did you mean "./handlers"?', at: 'gateway.yaml:2' }])

  const file = await check(t, { ...project, gateway: gateway('./handlers/handlers.ts') })
  t.match(file, [{ code: 'missing-file', message: /is a file/, hint: 'name the directory: ./handlers', at: 'gateway.yaml:2' }])
  t.equal(file.length, 1)

  t.match(await check(t, { ...project, gateway: gateway('./code') }), [
    { code: 'missing-file', hint: /relative to gateway.yaml/ },
  ])
  t.same(
    await check(t, { openapi: api('one'), gateway: 'handlers: ./code\noperations: { one: { mock: true } }\n' }),
    [],
    'nobody needs it',
  )
})

t.test('without the key, an operation without a handler is what is reported', async (t) => {
  const found = await check(t, { openapi: api('one', 'two'), gateway: 'openapi: ./openapi.yaml\n' })
  t.same(
    found.map(({ code }) => code),
    ['no-target', 'no-target'],
  )
})

t.test('the export that is looked for can be written', async (t) => {
  const [dashed, reserved] = await check(t, { openapi: api('list-books', 'delete'), gateway: '{}\n' })
  t.match(dashed, {
    code: 'no-target',
    message: /'list-books'.* exports 'listBooks'/,
    hint: /^export a function named 'listBooks'/,
  })
  t.match(reserved, { code: 'no-target', hint: /export \{ deleteIt as delete \}, or choose another operationId/ })
})

t.test('two spellings of a name do not share one export', async (t) => {
  const openapi = api('listBooks', 'list-books')
  const found = await check(t, { openapi, handlers: 'export const listBooks = () => 1\n', gateway: '{}\n' })
  t.match(found, [{ code: 'duplicate-handler', message: /'listBooks' would answer both 'listBooks' and 'list-books'/ }])
  const both = "const other = () => 2\nexport const listBooks = () => 1\nexport { other as 'list-books' }\n"
  t.same(await check(t, { openapi, handlers: both, gateway: '{}\n' }), [])
})
