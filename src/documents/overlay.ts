import { type Document, isObject, pointerTokens } from './document.ts'

/** A document that is made of others; each value keeps the place in the file that it came from. */
export interface LayeredDocument extends Document {
  /** The document that the value at this pointer was written in. */
  sourceOf(pointer: string): Document
}

/** A document that stands alone, in the shape of a layered one. */
export function singleLayer(document: Document): LayeredDocument {
  return { ...document, locate: (pointer, what) => document.locate(pointer, what), sourceOf: () => document }
}

/** Lays `over` upon `base`: objects are merged, scalars and lists replaced, and `null` removes what stands below it. */
export function overlayDocuments(base: LayeredDocument, over: Document): LayeredDocument {
  const sourceOf = (pointer: string) => (reaches(over.value, pointer) ? over : base.sourceOf(pointer))
  return {
    file: base.file,
    name: base.name,
    text: base.text,
    value: merge(base.value, over.value),
    sourceOf,
    locate: (pointer, what) => sourceOf(pointer).locate(pointer, what),
  }
}

function merge(base: unknown, over: unknown): unknown {
  if (!isObject(over)) return over
  const under = isObject(base) ? base : {}
  const added = Object.keys(over).filter((key) => !Object.hasOwn(under, key))
  const left = [...Object.keys(under), ...added].filter((key) => !Object.hasOwn(over, key) || over[key] !== null)
  const member = (key: string) =>
    Object.hasOwn(over, key) ? merge(Object.hasOwn(under, key) ? under[key] : undefined, over[key]) : under[key]
  // fromEntries defines members, so a key named __proto__ stays data.
  return Object.fromEntries(left.map((key) => [key, member(key)]))
}

/** True when a value has something at the pointer, or replaces what would hold it. */
function reaches(root: unknown, pointer: string): boolean {
  let value = root
  for (const token of pointerTokens(pointer)) {
    if (Array.isArray(value)) return true
    if (!isObject(value)) return value !== null
    if (!Object.hasOwn(value, token)) return false
    value = value[token]
  }
  return value !== null
}
