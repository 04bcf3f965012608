import { type Document, escapePointer, isObject, type Located, pointerTokens } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { modernised, toJsonSchema } from './schema-versions.ts'

/** Copies of values of several files that make sense in one document. */
export interface Bundle {
  /**
   * A copy of a value in which every reference leads into the main document. `modernise`: it is written in OpenAPI 3.0 and will stand
   * in a document of a later version.
   */
  copy(node: Located, modernise: boolean): unknown
  /** Components that the copies refer to and that the main document does not have, by section and name. */
  readonly hoisted: Record<string, Record<string, unknown>>
}

/** The section of `components` for what is referred to from a member of this name, or from one of its members (OpenAPI 3.2 section 4.7). */
const sections: Readonly<Record<string, string>> = {
  parameters: 'parameters',
  responses: 'responses',
  requestBody: 'requestBodies',
  requestBodies: 'requestBodies',
  headers: 'headers',
  examples: 'examples',
  links: 'links',
  callbacks: 'callbacks',
  securitySchemes: 'securitySchemes',
  mediaTypes: 'mediaTypes',
  content: 'mediaTypes',
  paths: 'pathItems',
  webhooks: 'pathItems',
  pathItems: 'pathItems',
}

/** Bundles files into one: what another file holds becomes a component, under its own name where that is free. */
export function createBundle(main: Document, documents: Documents): Bundle {
  const hoisted: Record<string, Record<string, unknown>> = {}
  const places = new Map<Document, Map<string, string>>()
  const components = isObject(main.value) && isObject(main.value.components) ? main.value.components : {}

  /** `section`: what a reference right here would lead to; within a schema everything is a schema. */
  function copyPart(node: Located, section: string, old: boolean): unknown {
    const { value } = node
    if (Array.isArray(value)) return value.map((item, index) => copyPart(below(node, String(index), item), section, old))
    if (!isObject(value)) return value
    const result: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      const member = value[key]
      const inside = section === 'schemas' || key === 'schema' || key === 'schemas' ? 'schemas' : (sections[key] ?? section)
      const copied =
        key === '$ref' && typeof member === 'string'
          ? rewrite(node, member, section, old)
          : copyPart(below(node, key, member), inside, old)
      Object.defineProperty(result, key, { value: copied, enumerable: true, writable: true, configurable: true })
    }
    return result
  }

  function rewrite(node: Located, reference: string, section: string, old: boolean): string {
    if (node.document === main && reference.startsWith('#')) return reference
    const target = documents.follow({ ...node, value: { $ref: reference } })
    if (target === undefined) return reference
    return target.document === main ? `#${target.pointer}` : hoist(target, section, old)
  }

  /** Where a value of another file stands in the bundle; the place is taken before the value is copied, for recursion. */
  function hoist(target: Located, section: string, old: boolean): string {
    let known = places.get(target.document)
    if (known === undefined) places.set(target.document, (known = new Map()))
    const taken = known.get(target.pointer)
    if (taken !== undefined) return taken
    const name = freeName(target, section)
    const place = `#/components/${section}/${escapePointer(name)}`
    known.set(target.pointer, place)
    hoisted[section] ??= {}
    hoisted[section][name] = {}
    const copied = copyPart(target, section, old)
    hoisted[section][name] = !old ? copied : section === 'schemas' ? toJsonSchema(copied) : modernised(copied)
    return place
  }

  function copy(node: Located, modernise: boolean): unknown {
    const copied = copyPart(node, 'pathItems', modernise)
    return modernise ? modernised(copied) : copied
  }

  function freeName(target: Located, section: string): string {
    const tokens = pointerTokens(target.pointer)
    const stem = (tokens.at(-1) ?? target.document.name.replace(/^.*\//, '').replace(/\.\w+$/, '')).replace(/[^\w.-]/g, '_')
    const own = isObject(components[section]) ? components[section] : {}
    const used = (name: string) => Object.hasOwn(own, name) || Object.hasOwn(hoisted[section] ?? {}, name)
    let name = stem
    for (let n = 2; used(name); n++) name = `${stem}${n}`
    return name
  }

  return { copy, hoisted }
}

function below(node: Located, key: string, value: unknown): Located {
  return { document: node.document, pointer: `${node.pointer}/${escapePointer(key)}`, value }
}
