import { Ajv2020 } from 'ajv/dist/2020.js'
import type { TSchema } from 'typebox'
import type { SchemaNode } from './defaults.ts'
import { explainErrors, type SchemaFinding } from './errors.ts'

/** Checks a value and gives what is wrong with it, in sentences. `base` is the pointer that the value has in its document. */
export type Check = (value: unknown, base?: string) => SchemaFinding[]

let engine: Ajv2020 | undefined

/** Compiles a schema of settings. Throws when it is no valid JSON Schema: that is a mistake of whoever wrote the policy. */
export function compileCheck(schema: TSchema | SchemaNode): Check {
  engine ??= new Ajv2020({ allErrors: true, verbose: true, strict: false, validateFormats: false })
  const validate = engine.compile(schema as object)
  return (value, base = '') => (validate(value) ? [] : explainErrors(validate.errors ?? [], base))
}
