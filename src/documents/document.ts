/** A point in a document; line and column count from 1, as editors do. */
export interface Position {
  /** The file's path as it is shown to people (relative to the project directory where possible). */
  file: string
  line: number
  column: number
  /** Column just after the marked text, when it ends on the same line. */
  endColumn?: number
}

/** One YAML or JSON file that was read; every value in it can be located. */
export interface Document {
  /** Absolute path. */
  readonly file: string
  /** The path as it is shown to people. */
  readonly name: string
  /** The parsed content. */
  readonly value: unknown
  /** The text as it was read, for code frames. */
  readonly text: string
  /** Where the value at a JSON pointer (RFC 6901) stands, or the nearest existing parent's place; `key` asks for its key. */
  locate(pointer: string, what?: 'key' | 'value'): Position
}

/** A value together with the document and the JSON pointer (RFC 6901, `''` = root) where it stands. */
export interface Located<T = unknown> {
  readonly document: Document
  readonly pointer: string
  readonly value: T
}

/** One token of a JSON pointer, escaped (RFC 6901 section 3). */
export function escapePointer(token: string): string {
  return token.includes('~') || token.includes('/') ? token.replaceAll('~', '~0').replaceAll('/', '~1') : token
}

/** The tokens of a JSON pointer, unescaped. */
export function pointerTokens(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The own member of an object or array below a located value; undefined when there is none. `$ref` is not followed. */
export function child<T = unknown>(node: Located, key: string | number): Located<T> | undefined {
  const { value } = node
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  const member = (value as Record<string | number, unknown>)[key]
  return { document: node.document, pointer: `${node.pointer}/${escapePointer(String(key))}`, value: member as T }
}

/** All own members of a located object (or elements of an array), in document order. `$ref` is not followed. */
export function members(node: Located | undefined): [key: string, node: Located][] {
  if (node === undefined || typeof node.value !== 'object' || node.value === null) return []
  return Object.keys(node.value).map((key) => [key, child(node, key) as Located])
}

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
