import { type Document, escapePointer, isObject, type Located, pointerTokens } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'

/** Copies of values of several files that make sense in one document. */
export interface Bundle {
  /** A copy of a value in which every reference leads into the main document. */
  copy(node: Located): unknown
  /** Components that the copies refer to and that the main document does not have, by section and name. */
  readonly hoisted: Record<string, Record<string, unknown>>
}

/** The sections of `components` (OpenAPI 3.2 section 4.7); what lies elsewhere in another file is kept among the schemas. */
const sections = new Set([
  'schemas',
  'responses',
  'parameters',
  'examples',
  'requestBodies',
  'headers',
  'securitySchemes',
  'links',
  'callbacks',
  'pathItems',
  'mediaTypes',
])

/** Bundles files into one: what another file holds becomes a component, under its own name where that is free. */
export function createBundle(main: Document, documents: Documents): Bundle {
  const hoisted: Record<string, Record<string, unknown>> = {}
  const places = new Map<Document, Map<string, string>>()
  const components = isObject(main.value) && isObject(main.value.components) ? main.value.components : {}

  function copy(node: Located): unknown {
    const { value } = node
    if (Array.isArray(value)) return value.map((item, index) => copy(below(node, String(index), item)))
    if (!isObject(value)) return value
    const result: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      const member = value[key]
      const copied = key === '$ref' && typeof member === 'string' ? rewrite(node, member) : copy(below(node, key, member))
      Object.defineProperty(result, key, { value: copied, enumerable: true, writable: true, configurable: true })
    }
    return result
  }

  function rewrite(node: Located, reference: string): string {
    if (node.document === main && reference.startsWith('#')) return reference
    const target = documents.follow({ ...node, value: { $ref: reference } })
    if (target === undefined) return reference
    return target.document === main ? `#${target.pointer}` : hoist(target)
  }

  /** Where a value of another file stands in the bundle; the place is taken before the value is copied, for recursion. */
  function hoist(target: Located): string {
    let known = places.get(target.document)
    if (known === undefined) places.set(target.document, (known = new Map()))
    const taken = known.get(target.pointer)
    if (taken !== undefined) return taken
    const { section, name } = freeName(target)
    const place = `#/components/${section}/${escapePointer(name)}`
    known.set(target.pointer, place)
    hoisted[section] ??= {}
    hoisted[section][name] = {}
    hoisted[section][name] = copy(target)
    return place
  }

  function freeName(target: Located): { section: string; name: string } {
    const tokens = pointerTokens(target.pointer)
    const section = tokens[0] === 'components' && sections.has(tokens[1] ?? '') ? (tokens[1] as string) : 'schemas'
    const stem = (tokens.at(-1) ?? target.document.name.replace(/^.*\//, '').replace(/\.\w+$/, '')).replace(/[^\w.-]/g, '_')
    const own = isObject(components[section]) ? components[section] : {}
    const used = (name: string) => Object.hasOwn(own, name) || Object.hasOwn(hoisted[section] ?? {}, name)
    let name = stem
    for (let n = 2; used(name); n++) name = `${stem}${n}`
    return { section, name }
  }

  return { copy, hoisted }
}

function below(node: Located, key: string, value: unknown): Located {
  return { document: node.document, pointer: `${node.pointer}/${escapePointer(key)}`, value }
}
