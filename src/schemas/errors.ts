import type { ErrorObject } from 'ajv'
import type { Checker } from './keywords.ts'

/** One thing that is wrong with a value. */
export interface SchemaError {
  /** JSON pointer (RFC 6901) into the value; `''` is the whole. */
  pointer: string
  message: string
}

/** What Ajv found, in words for the caller. */
export function describeErrors(errors: readonly ErrorObject[], _checker: Checker): SchemaError[] {
  return errors.map((error) => ({ pointer: error.instancePath, message: error.keyword }))
}
