import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { assembleConfigSchema } from '../../src/config/assemble.ts'
import { narrowSchema } from '../../src/config/narrow.ts'
import { checkSettings, compileCheck } from '../../src/config/validate.ts'
import { policies } from '../../src/policies/builtin.ts'
import { targets } from '../../src/targets/builtin.ts'

const schema = assembleConfigSchema({ policies, targets })
const golden = join(import.meta.dirname, '../documents/golden')
const repository = join(import.meta.dirname, '../..')

/** What stands in a file as YAML; undefined when it is none. */
function read(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'), { logLevel: 'silent' })
  } catch {
    return undefined
  }
}

const files = readdirSync(golden).map((name) => join(golden, name, 'gateway.yaml'))
const written = [...files, join(repository, 'gateway.yaml')].map(read).filter((value) => value !== undefined)
const broken = [5, [], {}, { server: [] }, { defaults: { rateLimit: 'many' } }, { operations: { a: 1, b: { roles: { x: 1 } } } }]

t.test('a narrowed schema finds in its value what the whole one finds', async (t) => {
  const whole = compileCheck(schema)
  for (const value of [...written, ...broken]) {
    t.strictSame(compileCheck(narrowSchema(schema, value))(value), whole(value), inspect(value).slice(0, 80))
  }
  t.ok(written.length > 10)
})

t.test('settings are judged alike with and without compiling their schema', async (t) => {
  const whole = compileCheck(schema)
  for (const value of [...written, ...broken])
    t.strictSame(checkSettings(schema, value), whole(value), inspect(value).slice(0, 80))
})

t.test('it has nothing to say about what the value does not have', async (t) => {
  const text = JSON.stringify(narrowSchema(schema, { operations: { a: { timeout: '5s' } } }))
  t.ok(text.length < JSON.stringify(schema).length / 4, `${text.length} characters`)
})
