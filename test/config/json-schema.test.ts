import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { generatedFiles, staleFiles } from '../../src/generate.ts'
import { policies } from '../../src/policies/builtin.ts'
import { targets } from '../../src/targets/builtin.ts'

const schema = configJsonSchema({ policies, targets })
const validate = new Ajv2020({ strict: false }).compile(schema)

/** A placeholder of gateway.yaml. */
const fill = (text: string) => `$\{${text}}`

t.test('editors accept placeholders wherever a scalar stands', async (t) => {
  const value = {
    openapi: fill('DOC:-./openapi.yaml'),
    server: { port: fill('PORT:-8000'), trustProxy: fill('HOPS:-1'), bodyLimit: fill('LIMIT') },
    log: { level: fill('LEVEL:-info'), requests: fill('REQUESTS:-true') },
    authentication: { bearerAuth: { jwt: { algorithms: [fill('ALGORITHM')], secret: fill('SECRET') } } },
    operations: { login: { timeout: fill('TIMEOUT:-3s') } },
  }
  t.ok(validate(value), JSON.stringify(validate.errors))
})

t.test('editors see the mistakes that boot sees', async (t) => {
  for (const value of [
    { sever: {} },
    { server: { port: 'http' } },
    { log: { level: 'inof' } },
    { operations: { a: { access: 'all' } } },
  ]) {
    t.notOk(validate(value), JSON.stringify(value))
  }
})

t.test('nothing has to be written that has a default', async (t) => {
  t.ok(validate({}))
  t.ok(validate({ server: {}, docs: {}, tasks: {}, defaults: {}, operations: {} }))
})

type Node = typeof schema

/** Every key that may be written, with what its schema says, the branches of unions included; `*` is a name of one's own. */
function everyKey(node: Node, path = ''): [path: string, member: Node][] {
  const named = [...Object.values(node.patternProperties ?? {}), node.additionalProperties].filter(
    (member) => typeof member === 'object',
  )
  const members = [...Object.entries(node.properties ?? {}), ...named.map((member): [string, Node] => ['*', member])]
  return [
    ...members.flatMap(([key, member]) => {
      const target =
        typeof member.$ref === 'string' ? (schema.$defs as Record<string, Node>)[member.$ref.split('/').at(-1) as string] : member
      return [[`${path}/${key}`, target] as [string, Node], ...everyKey(target as Node, `${path}/${key}`)]
    }),
    ...(node.anyOf ?? []).flatMap((branch) => everyKey(branch, path)),
    ...(node.items === undefined ? [] : everyKey(node.items, `${path}[]`)),
  ]
}

t.test('every key has a title, a description of some words, and an example that it accepts', async (t) => {
  const ajv = new Ajv2020({ strict: false }).addSchema(schema, 'gateway')
  const keys = everyKey(schema)
  t.ok(keys.length > 150, `${keys.length} keys`)
  for (const [path, { title, description, examples, ...rest }] of keys) {
    t.ok(title, `${path} has a title`)
    t.ok(description !== undefined && description.length > 8, `${path} has a description`)
    t.ok(examples?.length, `${path} has an example`)
    const accepts = ajv.compile({ ...rest, $defs: schema.$defs })
    for (const example of examples ?? []) t.ok(accepts(example), `${path} accepts ${JSON.stringify(example)}`)
  }
})

t.test('every alternative of a union that is no bare scalar says what it is', async (t) => {
  const bare = everyKey(schema).flatMap(([path, { anyOf = [] }]) =>
    anyOf
      .filter((branch) => branch.$ref === undefined && (branch.type === 'object' || branch.type === 'array'))
      .filter((branch) => !branch.title || !branch.description)
      .map((branch) => `${path}: ${branch.type}`),
  )
  t.same(bare, [])
})

t.test('the names that a project gives are completed, and others are taken as well', async (t) => {
  const operations = [{ name: 'listPets', description: 'GET /pets' }]
  const securitySchemes = [{ name: 'bearer', description: 'http bearer' }]
  const ofProject = configJsonSchema({ policies, targets }, { operations, securitySchemes })
  const validate = new Ajv2020({ strict: false }).compile(ofProject)
  t.ok(
    validate({ operations: { listPets: { mock: true }, other: {} }, authentication: { bearer: { jwt: {} }, other: {} } }) ===
      false,
  )
  t.ok(validate({ operations: { listPets: { mock: true }, other: { mock: true } } }), JSON.stringify(validate.errors))
  t.notOk(validate({ operations: { listPets: { mokc: true } } }))
  t.match(ofProject.properties?.operations?.properties?.listPets, { title: 'listPets', description: 'GET /pets' })
})

t.test('generated files are up to date', async (t) => {
  t.ok((await generatedFiles()).size >= 2)
  t.same(await staleFiles(), [], 'run: node src/generate.ts')
})
