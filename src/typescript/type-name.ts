import { isObject, type Located, pointerTokens } from '../documents/document.ts'

/** Tokens of a JSON pointer that name no schema themselves, but a keyword above it. */
const keywords = new Set(['schema', 'items', 'additionalProperties', 'not', 'content', 'properties', 'allOf', 'anyOf', 'oneOf'])

/**
 * What the type of a schema is called: as its place in `components` or its file is, in the manner of types (`simple-user` is `SimpleUser`);
 * a schema without a name by its title, or by the names around it.
 */
export function typeName(schema: Located): string {
  const tokens = pointerTokens(schema.pointer)
  const last = tokens.at(-1) ?? schema.document.name.replace(/^.*\//, '').replace(/\.\w+$/, '')
  const holder = tokens.at(-2) ?? ''
  const isName = tokens.length < 2 || holder === 'schemas' || holder === '$defs' || holder === 'definitions'
  const title = isObject(schema.value) && typeof schema.value.title === 'string' ? schema.value.title : undefined
  const around = tokens.filter((token) => !keywords.has(token) && !/^\d+$/.test(token)).slice(-2)
  return pascalCase(isName ? last : (title ?? around.join(' '))) || 'Schema'
}

/** `simple-user`, `simple user` and `simple_user` are `SimpleUser`. */
export function pascalCase(text: string): string {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? []
  return words
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .replace(/^(?=\d)/, '_')
}

/** The name, or the name with the first number from 2 that nothing else has. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name
  let number = 2
  while (taken.has(`${name}${number}`)) number++
  return `${name}${number}`
}
