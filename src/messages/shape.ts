import { child, isObject, type Located, members } from '../documents/document.ts'
import { compilePattern } from '../patterns/pattern.ts'
import { lazy } from './lazy.ts'

/** How far chains of `$ref` and `allOf` are followed for a default; deeper ones are cycles. */
const maxDepth = 16

/** Finds what a schema's `$ref` or `$dynamicRef` leads to. */
export interface References {
  follow(schema: Located): Located | undefined
}

export type Scalar = 'string' | 'number' | 'boolean' | 'null'

/**
 * What a schema lets text become. It only guides the decoding of text into JSON values; whether the value is
 * valid is the validator's to say, so types that several subschemas name are simply gathered.
 */
export interface Shape {
  /** Scalar types in the order in which the schema names them; integers count as numbers. `string` alone when nothing is said. */
  readonly scalars: readonly Scalar[]
  readonly array: boolean
  readonly object: boolean
  /** True when one text may become values of several types, so that a second reading can be worth trying. */
  readonly ambiguous: boolean
  /** Declared property names. */
  readonly names: readonly string[]
  /** True when properties that are not declared belong to the object too. */
  readonly open: boolean
  property(name: string): Shape
  item(index: number): Shape
  /** Makes the schema's `default`, when there is one; a new object each time, so that nobody shares it. */
  readonly fallback: (() => unknown) | undefined
}

/** The shape of a schema; `$ref`, `allOf`, `anyOf`, `oneOf` are looked into. Children are made when first asked for, so recursion is fine. */
export function shapeOf(schema: Located | undefined, references: References): Shape {
  return shapeOfAll(schema === undefined ? [] : [schema], references)
}

function shapeOfAll(schemas: readonly Located[], references: References): Shape {
  const nodes: Located<Record<string, unknown>>[] = []
  for (const schema of schemas) gather(schema, references, nodes)
  const types = typesOf(nodes)
  const names = [...new Set(nodes.flatMap((node) => members(child(node, 'properties')).map(([name]) => name)))]
  const scalars = (['string', 'number', 'boolean', 'null'] as const).filter((type) => types.has(type))
  scalars.sort((a, b) => order(types, a) - order(types, b))
  if (types.size === 0) scalars.push('string')
  const array = types.has('array')
  const object = types.has('object')
  const properties = new Map<string, Shape>()
  const items = new Map<number, Shape>()
  const additional = lazy(() =>
    shapeOfAll(
      nodes.flatMap((node) => present(child(node, 'additionalProperties'))),
      references,
    ),
  )
  const otherItems = lazy(() =>
    shapeOfAll(
      nodes.flatMap((node) => present(child(node, 'items'))),
      references,
    ),
  )
  const prefix = Math.max(0, ...nodes.map((node) => members(child(node, 'prefixItems')).length))

  return {
    scalars,
    array,
    object,
    ambiguous: scalars.length + (array ? 1 : 0) + (object ? 1 : 0) > 1,
    names,
    open: isOpen(nodes, names),
    fallback: fallbackOf(schemas[0], references),
    property(name) {
      const known = properties.get(name)
      if (known !== undefined) return known
      const declared = nodes.flatMap((node) => propertySchemas(node, name))
      if (declared.length === 0) return additional()
      const shape = shapeOfAll(declared, references)
      if (names.includes(name)) properties.set(name, shape)
      return shape
    },
    item(index) {
      if (index >= prefix) return otherItems()
      const known = items.get(index)
      if (known !== undefined) return known
      const shape = shapeOfAll(
        nodes.flatMap((node) => present(descend(node, 'prefixItems', index))),
        references,
      )
      items.set(index, shape)
      return shape
    },
  }
}

/** The schema and every subschema that describes the same value, each once. */
function gather(schema: Located, references: References, found: Located<Record<string, unknown>>[]): void {
  if (!isObject(schema.value) || found.some((node) => node.value === schema.value)) return
  const node = schema as Located<Record<string, unknown>>
  found.push(node)
  if (refers(node.value)) for (const target of present(references.follow(node))) gather(target, references, found)
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    for (const [, branch] of members(child(node, keyword))) gather(branch, references, found)
  }
  for (const keyword of ['then', 'else']) {
    const branch = child(node, keyword)
    if (branch !== undefined) gather(branch, references, found)
  }
}

function refers(schema: Record<string, unknown>): boolean {
  return typeof schema.$ref === 'string' || typeof schema.$dynamicRef === 'string'
}

function typesOf(nodes: readonly Located<Record<string, unknown>>[]): ReadonlySet<string> {
  const types = new Set<string>()
  for (const { value } of nodes) for (const type of declaredTypes(value)) types.add(type === 'integer' ? 'number' : type)
  if (types.size === 0) for (const { value } of nodes) for (const type of impliedTypes(value)) types.add(type)
  return types
}

function declaredTypes(schema: Record<string, unknown>): string[] {
  const type = schema.type
  const named = typeof type === 'string' ? [type] : Array.isArray(type) ? type.filter((one) => typeof one === 'string') : []
  return schema.nullable === true && named.length > 0 ? [...named, 'null'] : named
}

function impliedTypes(schema: Record<string, unknown>): string[] {
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : []
  if (values.length > 0) return values.map(typeOfValue)
  if ('properties' in schema || 'additionalProperties' in schema) return ['object']
  if ('items' in schema || 'prefixItems' in schema) return ['array']
  return []
}

function typeOfValue(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function order(types: ReadonlySet<string>, type: Scalar): number {
  // Text that may be a string is not taken for null: `null` is a word like others.
  return type === 'null' ? types.size : [...types].indexOf(type)
}

function isOpen(nodes: readonly Located<Record<string, unknown>>[], names: readonly string[]): boolean {
  const extra = nodes.some(
    ({ value }) => 'patternProperties' in value || value.additionalProperties === true || isObject(value.additionalProperties),
  )
  return extra || (names.length === 0 && nodes.every(({ value }) => value.additionalProperties !== false))
}

function propertySchemas(node: Located, name: string): Located[] {
  const declared = descend(node, 'properties', name)
  if (declared !== undefined) return [declared]
  return members(child(node, 'patternProperties')).flatMap(([pattern, schema]) => (matches(pattern, name) ? [schema] : []))
}

function matches(pattern: string, name: string): boolean {
  try {
    return compilePattern(pattern)?.test(name) === true
  } catch {
    return false
  }
}

/** Only what always applies gives a default: the schema, what it refers to, and its `allOf`. */
function fallbackOf(schema: Located | undefined, references: References, depth = 0): Shape['fallback'] {
  if (schema === undefined || !isObject(schema.value) || depth > maxDepth) return undefined
  if (Object.hasOwn(schema.value, 'default')) return maker(schema.value.default)
  const target = refers(schema.value) ? references.follow(schema) : undefined
  const parts = [...present(target), ...members(child(schema, 'allOf')).map(([, part]) => part)]
  for (const part of parts) {
    const found = fallbackOf(part, references, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function maker(value: unknown): () => unknown {
  return typeof value === 'object' && value !== null ? () => structuredClone(value) : () => value
}

function descend(node: Located, key: string, name: string | number): Located | undefined {
  const holder = child(node, key)
  return holder === undefined ? undefined : child(holder, name)
}

function present(node: Located | undefined): Located[] {
  return node === undefined ? [] : [node]
}
