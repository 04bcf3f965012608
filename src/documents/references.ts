import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DiagnosticCode } from './diagnostic-codes.ts'
import type { Diagnostics } from './diagnostics.ts'
import { child, type Document, isObject, type Located, type Position, pointerTokens } from './document.ts'
import { named } from './named.ts'

/** The parts of a `$ref`: the file (absolute; undefined for the same document) and the fragment, percent-decoded. */
export interface Reference {
  file: string | undefined
  fragment: string
}

/** Why a `$ref` leads nowhere. */
export interface ReferenceFailure {
  code: DiagnosticCode
  message: string
  hint?: string
}

/** True for an object that stands for another value (a Reference Object, or a schema with `$ref`). */
export function isReference(value: unknown): value is { $ref: string } {
  return isObject(value) && Object.hasOwn(value, '$ref') && typeof value.$ref === 'string'
}

/** The `$ref` of an object that is no text, so that the object stands for nothing: `$ref: #/…` is blank for YAML, and a comment. */
export function wrongReference(node: Located): Located | undefined {
  const reference = isObject(node.value) ? child(node, '$ref') : undefined
  return typeof reference?.value === 'string' ? undefined : reference
}

/** Reports what `wrongReference` finds. */
export function reportWrongReference({ document, pointer, value }: Located, diagnostics: Diagnostics): void {
  const at = document.locate(pointer, value === null ? 'key' : 'value')
  const comment = value === null ? /\$ref["']?\s*:\s+(#\S+)/.exec(lineOf(document, at))?.[1] : undefined
  const hint =
    comment === undefined ? undefined : `A "#" after a space begins a comment in YAML. Write it in quotes: $ref: '${comment}'`
  diagnostics.error('invalid-reference', at, `a $ref is text, not ${named(value)}`, hint)
}

function lineOf(document: Document, { line }: Position): string {
  return document.text.split('\n', line)[line - 1] ?? ''
}

/** Splits a `$ref` (RFC 3986 relative reference, fragment as JSON pointer or name). Nothing remote is ever fetched. */
export function parseReference(written: string, document: Document): Reference | ReferenceFailure {
  const ref = withoutSelf(written, document)
  const hash = ref.indexOf('#')
  const path = hash === -1 ? ref : ref.slice(0, hash)
  if (isRemote(path)) {
    const hint = 'Download the file, keep it in the project, and refer to it by a relative path.'
    return { code: 'remote-reference', message: `the reference "${ref}" is remote; nothing is fetched at boot`, hint }
  }
  try {
    const file = path === '' ? undefined : resolve(dirname(document.file), decodeURIComponent(path))
    return { file, fragment: hash === -1 ? '' : decodeURIComponent(ref.slice(hash + 1)) }
  } catch {
    return {
      code: 'invalid-reference',
      message: `the reference "${ref}" has a malformed percent-encoding`,
      hint: 'A "%" itself is written %25.',
    }
  }
}

/** A `$ref` that names its own document by the URI that this gives itself (`$self`, OpenAPI 3.2) as one that begins with `#`. */
export function withoutSelf(ref: string, document: Document): string {
  const self = isObject(document.value) ? document.value.$self : undefined
  const [path = '', fragment = ''] = ref.split('#', 2)
  if (typeof self !== 'string' || path === '') return ref
  const own = URL.parse(self, pathToFileURL(document.file).href)
  return own !== null && URL.parse(path, own.href)?.href === own.href ? `#${fragment}` : ref
}

/** True for a `$ref` that names no file of the project: an absolute URI, or one without a scheme (`//host/…`). */
export function isRemote(ref: string): boolean {
  return /^[a-z][a-z\d+.-]+:/i.test(ref) || ref.startsWith('//')
}

/**
 * True when a `$ref` means a name that only a schema compiler knows: an `$anchor`, or something that is resolved against an
 * `$id` of the schema around it (JSON Schema 2020-12 section 8.2).
 */
export function isSchemaScoped(node: Located, ref: string): boolean {
  if (meansTheSameEverywhere(ref, node.document)) return false
  const tokens = pointerTokens(node.pointer)
  const from = tokens.findIndex((token) => schemaKeys.has(token))
  const fragment = ref.includes('#') && !isRemote(ref) ? ref.slice(ref.indexOf('#') + 1) : ''
  const names = fragment !== '' && !fragment.startsWith('/')
  if (names && (from !== -1 || tokens.length === 0)) return true
  // A URI may be the `$id` of a schema in the same document.
  if (from !== -1 && isRemote(ref) && mentionsIds(node.document)) return true
  return hasIdAbove(node.document.value, tokens, from === -1 ? 0 : from)
}

/** True for a JSON pointer in a document without any `$id`: no schema around it can change what it refers to. */
export function meansTheSameEverywhere(ref: string, document: Document): boolean {
  return ref.startsWith('#/') && !mentionsIds(document)
}

const withIds = new WeakMap<Document, boolean>()

function mentionsIds(document: Document): boolean {
  const known = withIds.get(document) ?? document.text.includes('$id')
  withIds.set(document, known)
  return known
}

const schemaKeys = new Set(['schema', 'schemas', '$defs', 'definitions', 'properties', 'items', 'allOf', 'anyOf', 'oneOf'])

function hasIdAbove(root: unknown, tokens: readonly string[], from: number): boolean {
  let value = root
  for (const [depth, token] of tokens.entries()) {
    if (!isObject(value) && !Array.isArray(value)) return false
    if (depth >= from && Object.hasOwn(value, '$id') && typeof (value as Record<string, unknown>).$id === 'string') return true
    value = Object.hasOwn(value, token) ? (value as Record<string, unknown>)[token] : undefined
  }
  return isObject(value) && Object.hasOwn(value, '$id') && typeof value.$id === 'string'
}

/** The root of a document as a located value. */
export function rootOf(document: Document): Located {
  return { document, pointer: '', value: document.value }
}

/**
 * The value at a JSON pointer, and when there is none the deepest one that exists with the token that it lacks. A `$ref` on the
 * way is followed by `through`.
 */
export function descend(
  document: Document,
  pointer: string,
  through: (node: Located) => Located | undefined,
): { found: Located } | { parent: Located; missing: string } {
  let node = rootOf(document)
  for (const token of pointerTokens(pointer)) {
    const next = child(node, token) ?? childBehind(node, token, through)
    if (next === undefined) return { parent: node, missing: token }
    node = next
  }
  return { found: node }
}

function childBehind(node: Located, token: string, through: (node: Located) => Located | undefined): Located | undefined {
  const target = isReference(node.value) ? through(node) : undefined
  return target === undefined ? undefined : child(target, token)
}
