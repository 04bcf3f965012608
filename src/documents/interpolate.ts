import type { Diagnostics } from './diagnostics.ts'
import { escapePointer, isObject, type Position } from './document.ts'
import type { LayeredDocument } from './overlay.ts'
import { offsetOf } from './places.ts'
import { nearest } from './suggest.ts'

/** Names and values, for example `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A document whose `${…}` are filled in. */
export interface FilledDocument {
  document: LayeredDocument
  /** The text of each scalar that had something filled in, by JSON pointer, as it was written. */
  written: ReadonlyMap<string, string>
  /** Pointers of the scalars that could not be filled; that was reported. */
  unfilled: ReadonlySet<string>
}

/** `$${` (escaped), or `${` with whatever follows up to its closing brace, or to the end when there is none. */
const placeholder = /\$\$\{|\$\{((?:\$\{[^}$]*\}|[^}])*)(\}|$)/g
const opening = /\$?\$\{/g
const inside = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/

/**
 * Fills `${NAME}` and `${NAME:-default}` into every string of a document; `$${` stands for `${` itself. As in a shell, an
 * empty variable counts as unset. Unset names without a default and malformed placeholders are reported, each at its place; a
 * default that holds a placeholder is malformed, whether it is needed or not.
 * Filled scalars stay strings here: what they are read as is for the schema to say.
 */
export function interpolate(document: LayeredDocument, environment: Environment, diagnostics: Diagnostics): FilledDocument {
  const written = new Map<string, string>()
  const unfilled = new Set<string>()

  function fill(value: unknown, pointer: string): unknown {
    if (typeof value === 'string') return value.includes('${') ? fillText(value, pointer) : value
    if (Array.isArray(value)) return value.map((item, index) => fill(item, `${pointer}/${index}`))
    if (!isObject(value)) return value
    return Object.fromEntries(Object.keys(value).map((key) => [key, fill(value[key], `${pointer}/${escapePointer(key)}`)]))
  }

  function fillText(text: string, pointer: string): string {
    return text.replace(placeholder, (whole: string, content: string | undefined, brace: string, offset: number) => {
      if (content === undefined) return '${'
      written.set(pointer, text)
      const [, name, preset] = inside.exec(content) ?? []
      const at = () => placeOf(document, pointer, text.slice(0, offset).match(opening)?.length ?? 0, whole.length)
      const isNested = preset?.includes('${') === true
      const value = name !== undefined && Object.hasOwn(environment, name) ? environment[name] : undefined
      const isWhole = name !== undefined && brace !== '' && !isNested
      if (isWhole && value !== undefined && value !== '') return value
      if (isWhole && preset !== undefined) return preset
      unfilled.add(pointer)
      if (isNested) reportNested(whole, name as string, at(), diagnostics)
      else if (!isWhole) reportMalformed(whole, at(), diagnostics)
      else reportUnset(name, at(), environment, diagnostics)
      return ''
    })
  }

  return { document: { ...document, value: fill(document.value, '') }, written, unfilled }
}

function reportUnset(name: string, at: Position, environment: Environment, diagnostics: Diagnostics): void {
  const isEmpty = environment[name] === ''
  const near = isEmpty ? undefined : nearest(name, Object.keys(environment))
  const advice = `Set it in the environment or in .env, or give a default: \${${name}:-…}`
  const hint = near === undefined ? advice : `Did you mean "${near}"? ${advice}`
  diagnostics.error(
    'unset-variable',
    at,
    `the environment variable "${name}" is ${isEmpty ? 'empty' : 'not set'} and has no default`,
    hint,
  )
}

function reportMalformed(whole: string, at: Position, diagnostics: Diagnostics): void {
  const message = `"${whole}" is no placeholder; one is \${NAME} or \${NAME:-default}`
  diagnostics.error('invalid-placeholder', at, message, 'Write $${ for the characters ${ themselves.')
}

function reportNested(whole: string, name: string, at: Position, diagnostics: Diagnostics): void {
  const message = `"${whole}" has a placeholder in its default, which cannot hold one`
  diagnostics.error('invalid-placeholder', at, message, `Write a value as the default: \${${name}:-…}`)
}

/** Where the n-th placeholder of a scalar stands in its file. */
function placeOf(document: LayeredDocument, pointer: string, index: number, length: number): Position {
  const { text } = document.sourceOf(pointer)
  const start = document.locate(pointer)
  const from = offsetOf(text, start)
  let found = 0
  for (const match of text.slice(from).matchAll(opening)) {
    if (found++ < index) continue
    const offset = from + match.index
    const line = start.line + text.slice(from, offset).split('\n').length - 1
    const column = offset - text.lastIndexOf('\n', offset - 1)
    return { file: start.file, line, column, endColumn: column + length }
  }
  return start
}
