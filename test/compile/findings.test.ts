import t from 'tap'
import { planGateway } from '../../src/index.ts'
import { writeProject } from '../gateway.ts'

const openapi = {
  openapi: '3.1.0',
  info: { title: 'One', version: '1' },
  security: [{ bearerAuth: [] }],
  paths: { '/one': { get: { operationId: 'one', responses: { 200: { description: 'Fine' } } } } },
  components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer' } } },
}
const authentication = { bearerAuth: { jwt: { algorithms: ['HS256'], secret: '' } } }
const handlers = 'export const one = () => 1'

interface Slip {
  gateway?: object
  openapi?: object
  handlers?: string
}

async function findings(t: Parameters<typeof writeProject>[0], slip: Slip) {
  const gateway = { authentication, metrics: false, ...slip.gateway }
  const directory = writeProject(t, { openapi: { ...openapi, ...slip.openapi }, gateway, handlers: slip.handlers ?? handlers })
  const { diagnostics } = await planGateway({ directory, environment: {} })
  return diagnostics
}

t.test('one slip is one finding', async (t) => {
  const operation = (settings: object) => ({ operations: { one: settings } })
  const jwt = (settings: object) => ({ authentication: { bearerAuth: { jwt: { algorithms: ['HS256'], ...settings } } } })
  const schema = { type: 'int', default: 1 }
  const parameters = [{ name: 'n', in: 'query', schema }]
  const table: [name: string, slip: Slip, codes: string[]][] = [
    ['a key of a task', { gateway: operation({ task: { retry: 3 } }) }, ['unknown-key']],
    ['a value of a task', { gateway: operation({ task: { timeout: '5 min' } }) }, ['wrong-value']],
    ['all of a task', { gateway: operation({ task: 'please' }) }, ['wrong-value']],
    [
      'a task beside what else is wrong',
      { gateway: operation({ task: { retry: 3 } }), handlers: '' },
      ['unknown-key', 'no-target'],
    ],
    ['operations as a list', { gateway: { operations: [{ one: {} }] } }, ['wrong-type']],
    ['a key of an upstream', { gateway: operation({ upstream: { urll: 'http://a.example' } }) }, ['unknown-key']],
    ['an algorithm', { gateway: jwt({ secret: '', algorithms: ['HS25'] }) }, ['wrong-value']],
    ['a variable of a scheme', { gateway: jwt({ secret: '$' + '{NOBODY_SETS_THIS}' }) }, ['unset-variable']],
    [
      'a variable of a default',
      { gateway: { defaults: { rateLimit: { limit: '$' + '{NOBODY_SETS_THIS}', window: '60s' } } } },
      ['unset-variable'],
    ],
    [
      'a variable of an upstream',
      { gateway: operation({ upstream: { url: '$' + '{NOBODY_SETS_THIS}' } }), handlers: '' },
      ['unset-variable'],
    ],
    ['a variable in a list', { gateway: operation({ roles: ['$' + '{NOBODY_SETS_THIS}'] }) }, ['unset-variable']],
    ['a variable of the document', { gateway: { openapi: '$' + '{NOBODY_SETS_THIS}' } }, ['unset-variable']],
    [
      'a scheme that the operator page asks for',
      { gateway: { ...jwt({ secret: 1 }), ops: { path: '/ops', security: [{ bearerAuth: [] }], roles: ['admin'] } } },
      ['wrong-type'],
    ],
    [
      'a type, with a default',
      {
        openapi: { paths: { '/one': { get: { operationId: 'one', parameters, responses: { 200: { description: 'Fine' } } } } } },
      },
      ['invalid-schema'],
    ],
  ]
  for (const [name, slip, codes] of table)
    t.same(
      (await findings(t, slip)).map(({ code }) => code),
      codes,
      name,
    )
})

t.test('what stands in the wrong place is told its own', async (t) => {
  const table: [gateway: object, hint: string][] = [
    [{ cors: {} }, "'cors' stands under 'defaults', for all operations, or with one: operations.<operationId>.cors."],
    [{ mock: true }, "'mock' stands with an operation: operations.<operationId>.mock."],
    [{ access: 'public' }, "'access' stands with an operation: operations.<operationId>.access."],
    [{ port: 80 }, "'port' stands in 'server': server.port."],
    [{ operations: { one: { roles: 'admin' } } }, 'Write [admin].'],
    [{ defaults: { cors: { origins: 'https://a.example' } } }, 'Write ["https://a.example"].'],
    [{ authentication: { bearerAuth: { jwt: { algorithms: 'HS256', secret: '' } } } }, 'Write [HS256].'],
    [{ defaults: { access: 'public' } }, "'access' stands with each operation: operations.<operationId>.access."],
    [
      { operations: { one: { security: [] } } },
      "'security' stands in the OpenAPI document; 'roles' here says which of its callers may.",
    ],
    [{ sever: {} }, 'Did you mean "server"?'],
    [{ defaults: { rateLimit: { limit: 1, window: '1s', by: 'principals' } } }, 'Did you mean "principal"?'],
  ]
  for (const [gateway, hint] of table) t.same((await findings(t, { gateway }))[0]?.hint, hint)
})

t.test('a mock answers with declared statuses only', async (t) => {
  const one = (responses: object) => ({ paths: { '/one': { get: { operationId: 'one', responses } } } })
  const gateway = { operations: { one: { mock: { status: 404 } } } }
  const described = { description: 'Fine' }
  t.match(await findings(t, { gateway, openapi: one({ 200: described, '5XX': described }), handlers: '' }), [
    {
      severity: 'error',
      code: 'wrong-value',
      message: "mock.status is 404, but operation 'one' declares no response for it",
      hint: 'Declared are 200 and 5XX.',
      at: { file: 'gateway.yaml' },
    },
  ])
  for (const status of ['404', '4XX', 'default'])
    t.same(await findings(t, { gateway, openapi: one({ 200: described, [status]: described }), handlers: '' }), [], status)
})
