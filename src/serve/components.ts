import { isDeepStrictEqual } from 'node:util'
import { escapePointer } from '../documents/document.ts'
import { toOpenApi30 } from './schema-versions.ts'

/** A reference to a component. */
export interface Reference {
  readonly $ref: string
}

/**
 * Puts a component into a section of `components`, once, and gives a reference to it. Where the application has another one of that name,
 * ours gets a number. Schemas are given as JSON Schema.
 */
export type AddComponent = (section: string, name: string, value: object) => Reference

/** Adds to `components`, in place; `old`: the document is OpenAPI 3.0. */
export function componentAdder(components: Record<string, Record<string, unknown>>, old: boolean): AddComponent {
  const own = new Map<object, Reference>()
  return function add(section, wanted, value) {
    const known = own.get(value)
    if (known !== undefined) return known
    const written = old && section === 'schemas' ? toOpenApi30(value) : value
    const entries = (components[section] ??= {})
    let name = wanted
    for (let n = 2; Object.hasOwn(entries, name) && !isDeepStrictEqual(entries[name], written); n++) name = `${wanted}${n}`
    entries[name] = written
    const reference = { $ref: `#/components/${section}/${escapePointer(name)}` }
    own.set(value, reference)
    return reference
  }
}
