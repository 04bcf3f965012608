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

t.test('every section and every key below it is explained', async (t) => {
  const bare: string[] = []
  const visit = (node: typeof schema, path: string): void => {
    for (const [key, member] of Object.entries(node.properties ?? {})) {
      if (!member.title || !member.description) bare.push(`${path}/${key}`)
      visit(member, `${path}/${key}`)
      for (const branch of member.anyOf ?? []) visit(branch, `${path}/${key}`)
    }
  }
  visit(schema, '')
  t.same(bare, [])
})

t.test('generated files are up to date', async (t) => {
  t.ok(generatedFiles().size >= 2)
  t.same(staleFiles(), [], 'run: node src/generate.ts')
})
