import { Ajv2020 } from 'ajv/dist/2020.js'
import type { TSchema } from 'typebox'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Position } from '../documents/document.ts'
import { optionalDefaults } from './assemble.ts'
import { fillDefaults, type SchemaNode } from './defaults.ts'
import { explainErrors, type SchemaFinding } from './errors.ts'

/** Checks a value and gives what is wrong with it, in sentences. `base` is the pointer that the value has in its document. */
export type Check = (value: unknown, base?: string) => SchemaFinding[]

/** Compiles a schema of settings. Throws when it is no valid JSON Schema: that is a mistake of whoever wrote the policy. */
export function compileCheck(schema: TSchema | SchemaNode): Check {
  const validate = new Ajv2020({ allErrors: true, verbose: true, strict: false, validateFormats: false }).compile(
    schema as object,
  )
  return (value, base = '') => (validate(value) ? [] : explainErrors(validate.errors ?? [], base))
}

/**
 * Completes the merged value of one setting: its defaults are filled in, and what all layers together must have is checked.
 * `locate` gives the place of a pointer into the value. Undefined when something is wrong; that has been reported.
 */
export function completeSetting(
  { name, schema }: { name: string; schema: TSchema },
  value: unknown,
  locate: (pointer: string) => Position | undefined,
  diagnostics: Diagnostics,
): { value: unknown } | undefined {
  const findings = checkOf(schema)(fillDefaults(schema, value))
  for (const { code, pointer, message, hint } of findings) {
    diagnostics.error(code, locate(pointer), `${name}: ${message}`, hint)
  }
  return findings.length === 0 ? { value: fillDefaults(schema, value) } : undefined
}

const checks = new WeakMap<TSchema, Check>()

function checkOf(schema: TSchema): Check {
  let check = checks.get(schema)
  if (check === undefined) {
    check = compileCheck(optionalDefaults(schema as SchemaNode))
    checks.set(schema, check)
  }
  return check
}
