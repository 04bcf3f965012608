import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { planGateway } from '../../src/gateway.ts'
import { hasMaterial, materialDirectory } from '../conformance/conformance.ts'
import { documentFiles } from '../conformance/documents.ts'
import { asyncApiErrors, openApiErrors } from '../described.ts'
import { type Project, packageUrl, writeProject } from '../gateway.ts'

const secret = 'thirty-two bytes of secret or more, for tests'
const plan = (t: Test, project: Project) => planGateway({ directory: writeProject(t, project), port: 0, environment: {} })

async function describe(t: Test, project: Project): Promise<{ openapi: any; asyncapi: any }> {
  const { diagnostics, descriptions } = await plan(t, project)
  t.strictSame(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
  const [openapi, asyncapi] = [descriptions.openapi(), descriptions.asyncapi()]
  t.equal(await openApiErrors(openapi), '', 'valid OpenAPI')
  if (asyncapi !== undefined) t.equal(asyncApiErrors(asyncapi), '', 'valid AsyncAPI')
  return { openapi, asyncapi }
}

const item = { type: 'object', properties: { of: { $ref: '#/components/schemas/Task' } } }
const json = (schema: object) => ({ 'application/json': { schema } })
const limited = { limit: 10, window: '10s', by: 'ip' }

/** A document with something of everything, in the words that all versions share. */
const openapi = (version: string, more: object = {}) => ({
  openapi: version,
  info: { title: 'Shop', version: '2' },
  servers: [{ url: 'https://shop.example/v1' }],
  security: [{ bearer: [] }],
  tags: [{ name: 'Tasks', description: 'Chores of the shop.' }],
  paths: {
    '/items': {
      get: { operationId: 'list', responses: { 200: { $ref: '#/components/responses/Items' } } },
      post: {
        operationId: 'create',
        security: [{ key: [], bearer: ['write'] }],
        requestBody: { content: json(item) },
        responses: { 201: { description: 'made' }, 429: { description: 'our own words' } },
      },
    },
    '/import': {
      post: {
        operationId: 'load',
        parameters: [{ name: 'prefer', in: 'header', schema: { type: 'string' } }],
        requestBody: { content: json(item) },
        responses: { 200: { description: 'done', content: json({ $ref: '#/components/schemas/Report' }) } },
      },
    },
    '/tasks': { get: { operationId: 'chores', responses: { 200: { description: 'chores' } } } },
  },
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'Ours.' },
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
    },
    responses: { Items: { description: 'items', content: json({ type: 'array', items: item }) } },
    schemas: {
      Task: { type: 'string', description: 'a chore' },
      Report: {
        type: 'object',
        properties: { next: { $ref: '#/components/schemas/Report' }, chore: { $ref: '#/components/schemas/Task' } },
      },
    },
  },
  ...more,
})

const gateway = {
  authentication: {
    bearer: { jwt: { algorithms: ['HS256'], secret } },
    key: { apiKey: { keys: [{ id: 'a', sha256: '0'.repeat(64) }] } },
  },
  operations: {
    list: { access: 'public', mock: true, rateLimit: limited },
    create: { mock: true, roles: ['admin'], timeout: '2s', rateLimit: limited },
    load: { task: { maxQueued: 5, perOwner: 1 } },
    chores: { mock: true },
  },
}

for (const version of ['3.0.3', '3.1.1']) {
  t.test(`OpenAPI ${version}: what the pipeline does is described, what the document says stands`, async (t) => {
    const { openapi: served, asyncapi } = await describe(t, {
      openapi: openapi(version),
      gateway,
      handlers: 'export const load = () => ({})',
    })
    t.equal(served.openapi, version)
    t.strictSame(served.servers, [{ url: '/v1' }])
    const { list, create, load } = Object.fromEntries(
      Object.values<any>(served.paths).flatMap((item) =>
        Object.values<any>(item).map((operation) => [operation.operationId, operation]),
      ),
    )

    await t.test('access that gateway.yaml decides', async (t) => {
      t.strictSame(list.security, [])
      t.strictSame(create.security, [{ key: [], bearer: ['write'] }])
      t.equal(load.security, undefined, 'the document decides')
    })

    await t.test('refusals of policies and targets, where the document does not say them', async (t) => {
      t.strictSame(Object.keys(list.responses), ['200', '429', 'default'])
      t.strictSame(Object.keys(create.responses), ['201', '400', '401', '403', '413', '415', '422', '429', '504', 'default'])
      t.strictSame(Object.keys(load.responses), ['200', '202', '400', '401', '409', '413', '415', '422', '429', '503', 'default'])
      t.equal(create.responses['429'].description, 'our own words')
      const { responses } = served.components
      t.match(responses.Problem403.description, 'forbidden')
      t.strictSame(Object.keys(responses.Problem401.content), ['application/problem+json'])
      t.match(responses.Problem401.headers, { 'WWW-Authenticate': {} })
      t.match(responses.Problem503, { description: /overloaded/, headers: { 'Retry-After': {} } })
      t.match(responses.Problem409.description, 'idempotency_in_flight')
    })

    await t.test('limits, in headers', async (t) => {
      for (const response of [list.responses['200'], create.responses['201'], create.responses['429']])
        t.match(Object.keys(response.headers), ['RateLimit-Policy', 'RateLimit'])
      t.match(
        list.responses['200'],
        { description: 'items', content: { 'application/json': {} } },
        'a shared response keeps the rest',
      )
      t.notOk(served.components.responses.Items.headers, 'and is not changed for others')
      t.notOk(load.responses['200'].headers)
    })

    await t.test('a task: 202, and the headers that it takes', async (t) => {
      t.match(load.responses['202'], {
        headers: { Location: {}, 'Retry-After': {} },
        content: json({ $ref: '#/components/schemas/TaskAccepted' }),
      })
      t.strictSame(load.parameters, [
        { name: 'prefer', in: 'header', schema: { type: 'string' } },
        { $ref: '#/components/parameters/Idempotency-Key' },
      ])
    })

    await t.test('the application’s own names, paths and tags stand', async (t) => {
      t.strictSame(served.components.schemas.Task, { type: 'string', description: 'a chore' })
      t.ok(served.components.schemas.Task2.properties.task_id)
      t.equal(served.paths['/tasks'].get.operationId, 'chores')
      t.ok(served.paths['/tasks/{task_id}'].delete)
      t.strictSame(served.tags, [{ name: 'Tasks', description: 'Chores of the shop.' }])
    })

    await t.test('live events: results typed by operation, with what they refer to', async (t) => {
      t.match(asyncapi, { servers: { gateway: { pathname: '/ws', variables: { host: { default: 'shop.example' } } } } })
      t.strictSame(asyncapi.servers.gateway.security, [{ $ref: '#/components/securitySchemes/bearer' }])
      t.match(asyncapi.components.securitySchemes.bearer, { type: 'http', scheme: 'bearer', description: /^Ours/ })
      const { schemas } = asyncapi.components
      t.match(schemas.Task_of_load.properties, {
        operation: { const: 'load' },
        result: { anyOf: [{ $ref: '#/components/schemas/Report' }, { type: 'null' }] },
      })
      t.strictSame(schemas.Report.properties.next, { $ref: '#/components/schemas/Report' })
      t.strictSame(Object.keys(asyncapi.operations), ['taskWatch', 'taskUnwatch', 'tasksWatch', 'tasksUnwatch', 'taskEvent'])
    })
  })
}

t.test('several documents, files and versions become one', async (t) => {
  const { openapi: served } = await describe(t, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Main', version: '1' },
      servers: [{ url: '/v1' }],
      paths: {
        '/a': {
          get: {
            operationId: 'a',
            parameters: [{ $ref: 'parts/a.yaml#/limit' }],
            responses: { 200: { $ref: 'parts/a.yaml#/ok' } },
          },
        },
        '/b': { $ref: 'parts/b.yaml' },
      },
      components: { schemas: { Old: { type: 'string', nullable: true, example: 'x' } } },
    },
    gateway: {
      openapi: [{ file: './openapi.yaml' }, { file: './other.yaml', prefix: '/v1' }, { file: './third.yaml', prefix: '/v10' }],
      operations: Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, { access: 'public', mock: true }])),
    },
    files: {
      'parts/a.yaml': `
limit: { name: limit, in: query, required: true, schema: { type: integer, minimum: 0, exclusiveMinimum: true } }
ok: { description: ok, headers: { X-A: { $ref: '#/header' } }, content: { application/json: { schema: { $ref: '#/thing' } } } }
header: { schema: { type: string } }
thing: { type: object, properties: { more: { $ref: '#/thing' }, headers: { type: object, nullable: true, properties: { a: { $ref: '#/name' } } } } }
name: { type: string, nullable: true }
`,
      'parts/b.yaml': 'get: { operationId: b, responses: { "200": { description: ok } } }',
      'other.yaml': `
openapi: 3.1.0
info: { title: Other, version: '1' }
servers: [{ url: /other }]
tags: [{ name: others }]
paths: { /c: { get: { operationId: c, responses: { '200': { description: ok, content: { application/json: { schema: { type: [string, 'null'] } } } } } } } }
`,
      'third.yaml': `
openapi: 3.0.0
info: { title: Third, version: '1' }
paths: { /d: { get: { operationId: d, responses: { '200': { description: ok } } } } }
`,
    },
  })
  t.equal(served.openapi, '3.1.0', 'the latest version')
  t.strictSame(Object.keys(served.paths), ['/a', '/b', '/other/c', '/v10/d'])
  t.strictSame(served.paths['/v10/d'].servers, [{ url: '/' }], 'what lies beside the base path says so')
  const { parameters, responses, headers, schemas } = served.components
  t.match(parameters.limit, { in: 'query', schema: { exclusiveMinimum: 0, minimum: undefined } })
  t.ok(responses.ok && headers.header, 'each kind of component lies in its section')
  t.strictSame(schemas.name, { type: ['string', 'null'] })
  t.strictSame(schemas.thing.properties.headers.type, ['object', 'null'])
  t.strictSame(schemas.Old, { type: ['string', 'null'], examples: ['x'] })
  t.match(served.tags, [{ name: 'others' }])
})

t.test('a policy of a team says what it refuses with; addresses are encoded', async (t) => {
  const { openapi: served } = await describe(t, {
    openapi: openapi('3.1.0', { servers: [{ url: '/our shop' }] }),
    gateway: {
      ...gateway,
      extensions: ['./out.ts'],
      operations: { ...gateway.operations, list: { access: 'public', mock: true, out: true } },
    },
    handlers: 'export const load = () => ({})',
    files: {
      'out.ts': `import { definePolicy, Type } from '${packageUrl}'
        export const out = definePolicy({ name: 'out', schema: Type.Boolean(), refuses: () => ['conflict'], compile: () => undefined })`,
    },
  })
  t.match(served.paths['/items'].get.responses['409'], { $ref: '#/components/responses/Problem409' })
  t.strictSame(served.servers, [{ url: '/our%20shop' }])
})

t.test('without tasks there are no live events', async (t) => {
  const { descriptions } = await plan(t, {
    openapi: openapi('3.1.0', { paths: {} }),
    gateway: {},
  })
  t.equal(descriptions.asyncapi(), undefined)
})

t.test('the reference application', async (t) => {
  const { descriptions } = await planGateway({ directory: join(import.meta.dirname, '../..'), environment: {} })
  t.equal(await openApiErrors(descriptions.openapi()), '')
  t.equal(asyncApiErrors(descriptions.asyncapi() as Record<string, unknown>), '')
})

t.test('the judges find what is wrong', async (t) => {
  t.match(await openApiErrors({ openapi: '3.0.3', info: { title: 'x' }, paths: {} }), /version/)
  t.match(
    await openApiErrors({ openapi: '3.1.0', info: { title: 'x', version: '1' }, paths: { '/a': { get: { parameters: {} } } } }),
    /parameters/,
  )
  t.match(
    asyncApiErrors({ asyncapi: '3.0.0', info: { title: 'x', version: '1' }, channels: { a: { messages: [] } } }),
    /messages/,
  )
  t.match(
    asyncApiErrors({ asyncapi: '3.0.0', info: { title: 'x', version: '1' }, channels: { a: { $ref: '#/nowhere' } } }),
    /nowhere/,
  )
})

/** Documents that are not valid as they are written. */
const invalid = ['box.json']

t.test(
  'documents from the field are served as valid documents',
  { skip: !hasMaterial && 'the material is not beside this repository' },
  async (t) => {
    const files = documentFiles().filter(
      (file) => !invalid.includes(file) && !file.endsWith('swagger.yaml') && file !== 'github-rest.json',
    )
    t.ok(files.length > 20)
    for (const file of files) {
      const path = join(materialDirectory, 'documents', file)
      const { descriptions } = await planGateway({ directory: dirname(path), mock: path, environment: {} })
      t.equal(await openApiErrors(descriptions.openapi()), '', file)
    }
  },
)
