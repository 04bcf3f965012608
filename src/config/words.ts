import { isObject, pointerTokens } from '../documents/document.ts'
import type { SchemaNode } from './defaults.ts'

/** A place in gateway.yaml as people say it: `server.port`, `authentication.bearerAuth.jwt.algorithms[0]`. */
export function spell(pointer: string): string {
  let path = ''
  for (const token of pointerTokens(pointer)) {
    if (/^\d+$/.test(token)) path += `[${token}]`
    else path += path === '' ? token : `.${token}`
  }
  return path === '' ? 'the document' : path
}

/** A value as it is quoted in a message; long ones are cut. */
export function show(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (isObject(value)) return 'an object'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text
}

const kinds: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'empty',
}

/** What a schema allows, in words: `true or false`, `one of a, b, c`, `a whole number from 0 to 65535`. */
export function describe(schema: SchemaNode): string {
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.length === 1 ? JSON.stringify(schema.enum[0]) : `one of ${schema.enum.join(', ')}`
  const branches = schema.anyOf ?? schema.oneOf
  if (branches && !schema.type) return [...new Set(branches.map(describe))].join(', or ')
  const kind = [schema.type ?? []].flat().map((type) => kinds[type] ?? type)
  return `${kind.join(' or ') || 'something else'}${example(schema)}${range(schema)}`
}

function example(schema: SchemaNode): string {
  if (typeof schema.pattern !== 'string') return ''
  return schema.examples === undefined
    ? ` of the form ${schema.pattern}`
    : ` such as ${schema.examples.map(shortened).join(', ')}`
}

/** Hashes and the like are known by how they begin. */
function shortened(example: unknown): string {
  const text = String(example)
  return text.length > 40 ? `${text.slice(0, 36)}…` : text
}

function range({ minimum, maximum }: SchemaNode): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return `, at least ${minimum}`
  return maximum === undefined ? '' : `, at most ${maximum}`
}

/** `a, b and c`. */
export function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
