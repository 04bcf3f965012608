import { child, isObject, type Located, members } from '../documents/document.ts'
import type { References } from './shape.ts'

/** How far chains of references and `allOf` are followed; deeper ones are cycles. */
const deepest = 16

/** True for a schema of binary content: `format: binary` (OpenAPI 3.0), or a media type whose content is not encoded as text (3.1). */
export function isFileSchema(schema: unknown): boolean {
  if (!isObject(schema)) return false
  const { format, contentMediaType, contentEncoding } = schema
  return (
    format === 'binary' ||
    (typeof contentMediaType === 'string' && contentEncoding === undefined && !/json/.test(contentMediaType))
  )
}

/** The properties of a form that the document declares to be files, and those that are lists of files. */
export function fileFields(form: Located | undefined, references: References): ReadonlySet<string> {
  const found = new Set<string>()
  if (form !== undefined) collect(form, references, found, 0)
  return found
}

function collect(form: Located, references: References, found: Set<string>, depth: number): void {
  if (depth > deepest || !isObject(form.value)) return
  for (const [name, property] of members(child(form, 'properties'))) {
    const { value, ...place } = behind(property, references)
    const items = isObject(value) ? child({ ...place, value }, 'items') : undefined
    if (isFileSchema(value) || (items !== undefined && isFileSchema(behind(items, references).value))) found.add(name)
  }
  for (const [, branch] of members(child(form, 'allOf'))) collect(branch, references, found, depth + 1)
  const target = references.follow(form)
  if (target !== undefined) collect(target, references, found, depth + 1)
}

function behind(schema: Located, references: References): Located {
  let node = schema
  for (let steps = 0; steps < deepest && isObject(node.value) && typeof node.value.$ref === 'string'; steps++) {
    const target = references.follow(node)
    if (target === undefined) break
    node = target
  }
  return node
}
