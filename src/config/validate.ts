import { Ajv2020 } from 'ajv/dist/2020.js'
import type { TSchema } from 'typebox'
import type { SchemaNode } from './defaults.ts'
import { explainErrors, type SchemaFinding } from './errors.ts'

/** Checks a value and gives what is wrong with it, in sentences. `base` is the pointer that the value has in its document. */
export type Check = (value: unknown, base?: string) => SchemaFinding[]

const checks = new Map<string, Check>()

/** Schemas that are kept compiled: a gateway has one for gateway.yaml and one a policy, and every reload uses them again. */
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
    validateSchema: false,
    code: { optimize: false },
  })
  const validate = engine.compile(schema as object)
  return (value, base = '') => (validate(value) ? [] : explainErrors(validate.errors ?? [], base))
}
