import { parseDocument } from 'yaml'
import { isObject, pointerTokens } from '../documents/document.ts'
import type { SchemaNode } from './defaults.ts'
import { memberSchema } from './defaults.ts'

/**
 * Reads what a placeholder was filled with as the schema wants it: `port: "${PORT:-8000}"` becomes a number, a secret made of
 * digits stays text. `pointers` are the filled scalars that consist of one placeholder and nothing else.
 */
export function coerceFilled(schema: SchemaNode, value: unknown, pointers: Iterable<string>): unknown {
  let coerced = value
  for (const pointer of pointers) coerced = at(schema, coerced, pointerTokens(pointer))
  return coerced
}

function at(schema: SchemaNode, value: unknown, tokens: readonly string[]): unknown {
  const [token, ...rest] = tokens
  if (token === undefined) return readAs(schema, value)
  if (Array.isArray(value)) {
    return value.map((item, index) => (String(index) === token ? at(schemaBelow(schema, token), item, rest) : item))
  }
  if (!isObject(value) || !Object.hasOwn(value, token)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, key === token ? at(schemaBelow(schema, key), member, rest) : member]),
  )
}

/** Everything that may be said about a member, as alternatives. */
function schemaBelow(schema: SchemaNode, key: string): SchemaNode {
  const found = alternatives(schema).flatMap((branch) =>
    [memberSchema(branch, key) ?? branch.items].filter((found) => found !== undefined),
  )
  return { anyOf: found }
}

function alternatives(schema: SchemaNode): SchemaNode[] {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return [schema, ...branches.flatMap(alternatives)]
}

function readAs(schema: SchemaNode, value: unknown): unknown {
  if (typeof value !== 'string') return value
  const branches = alternatives(schema)
  if (branches.some((branch) => acceptsText(branch, value))) return value
  const scalar = readScalar(value)
  return branches.some((branch) => acceptsScalar(branch, scalar)) ? scalar : value
}

function acceptsText(schema: SchemaNode, text: string): boolean {
  if (schema.enum) return schema.enum.includes(text)
  if ('const' in schema) return schema.const === text
  return schema.type === 'string' && (typeof schema.pattern !== 'string' || new RegExp(schema.pattern, 'u').test(text))
}

function acceptsScalar(schema: SchemaNode, scalar: unknown): boolean {
  if (schema.enum) return schema.enum.includes(scalar)
  if ('const' in schema) return schema.const === scalar
  return schema.type === typeof scalar || (schema.type === 'integer' && typeof scalar === 'number')
}

/** A plain scalar of YAML (core schema): a number, a boolean, or the text itself. */
function readScalar(text: string): unknown {
  const tree = parseDocument(text, { logLevel: 'silent', prettyErrors: false })
  const scalar: unknown = tree.errors.length === 0 ? tree.toJS() : text
  return typeof scalar === 'number' || typeof scalar === 'boolean' ? scalar : text
}
