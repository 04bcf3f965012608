import type { ErrorObject } from 'ajv'
import { escapePointer } from '../documents/document.ts'
import { collapse } from './branches.ts'
import type { Checker } from './function-keyword.ts'
import { type Found, say, showChoices, showValue } from './messages.ts'

/** One thing that is wrong with a value. */
export interface SchemaError {
  /** JSON pointer (RFC 6901) to the value that is wrong, or to where a missing one should be; `''` is the whole. */
  pointer: string
  message: string
}

/** More errors than this help nobody; the rest is counted. */
const mostErrors = 100

/** How deep alternatives within alternatives are explained. */
const deepestBranches = 6

/** What Ajv found, in sentences for the caller: in the order of finding, without repetition, at most 100 and a count of the rest. */
export function describeErrors(errors: readonly ErrorObject[], checker: Checker): SchemaError[] {
  const described = new Map<string, SchemaError>()
  let left = 0
  const add = (error: SchemaError) => {
    const key = `${error.pointer} ${error.message}`
    if (described.size < mostErrors) described.set(key, error)
    else if (!described.has(key)) left++
  }
  for (const error of errors) {
    if (described.size < mostErrors) describe(error as Found, checker, add, 0)
    else left++
  }
  const list = [...described.values()]
  if (left > 0) list.push({ pointer: '', message: `and ${left} more` })
  return list
}

function describe(found: Found, checker: Checker, add: (error: SchemaError) => void, depth: number): void {
  if (found.keyword !== 'oneOf' && found.keyword !== 'anyOf') {
    const said = found.keyword === 'discriminate' ? describeDiscriminator(found) : say(found)
    if (said) add(said)
    return
  }
  const { pointer, message, nearest } = collapse(found, checker)
  if (message !== undefined) add({ pointer, message })
  if (depth < deepestBranches) for (const error of nearest) describe(error, checker, add, depth + 1)
}

/** No alternative accepts the value, and its discriminator says why: it names none of them. */
function describeDiscriminator({ instancePath, params }: Found): SchemaError {
  const { property, value, allowed } = params
  const given = value === undefined ? 'which is required' : `got ${showValue(value)}`
  return { pointer: `${instancePath}/${escapePointer(property)}`, message: `must be one of: ${showChoices(allowed)}, ${given}` }
}
