import { Ajv2020 } from 'ajv/dist/2020.js'
import type { TSchema } from 'typebox'
import { Check as isValid } from 'typebox/schema'
import { asNode, type SchemaNode } from './defaults.ts'
import { explainErrors, type SchemaFinding } from './errors.ts'
import { narrowSchema } from './narrow.ts'

/** Checks a value and gives what is wrong with it, in sentences. `base` is the pointer that the value has in its document. */
export type Check = (value: unknown, base?: string) => SchemaFinding[]

const checks = new Map<string, Check>()

/**
 * What is wrong with settings. TypeBox judges them without compiling anything, which would take a third of a small gateway's boot;
 * only what it refuses is compiled, because the errors of Ajv say more. `base` is the pointer that the value has in its document.
 */
export function checkSettings(schema: TSchema | SchemaNode, value: unknown, base = ''): SchemaFinding[] {
  return isValid(schema, value) ? [] : compileCheck(narrowSchema(asNode(schema), value))(value, base)
}

/** Schemas that are kept compiled: a gateway has one a kind of live message, and those of the settings that its author is working on. */
const mostChecks = 100

/** Compiles a schema of settings. Throws when it is no valid JSON Schema: that is a mistake of whoever wrote the policy. */
export function compileCheck(schema: TSchema | SchemaNode): Check {
  const text = JSON.stringify(schema)
  const known = checks.get(text)
  if (known !== undefined) return known
  if (checks.size === mostChecks) checks.clear()
  const check = compile(schema)
  checks.set(text, check)
  return check
}

function compile(schema: TSchema | SchemaNode): Check {
  // A check runs a few times in the life of a process: optimising its code, and reading the schema once more before, takes longer.
  const engine = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: false,
    validateFormats: false,
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  })
  const validate = engine.compile(schema as object)
  return (value, base = '') => (validate(value) ? [] : explainErrors(validate.errors ?? [], base))
}
