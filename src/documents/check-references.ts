import { escapePointer, type Located } from './document.ts'
import type { Documents } from './documents.ts'
import { isReference } from './references.ts'

/** Below these keys stands data, where a key `$ref` means nothing. */
const literals = new Set(['example', 'default', 'const', 'enum', 'value', 'dataValue'])
/** The members of these are named by the author, so a member called `default` or `$ref` is no keyword. */
const maps = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'schemas',
  'responses',
  'parameters',
  'headers',
  'paths',
  'callbacks',
  'webhooks',
  'examples',
  'variables',
  'links',
  'requestBodies',
  'securitySchemes',
  'pathItems',
  'mapping',
])

/** Follows every `$ref` that is reachable from a value, in whatever file, so that all dead ends are reported at boot. */
export function checkReferences(root: Located, documents: Documents): void {
  const seen = new Set<unknown>()
  const pending: Located[] = [root]
  for (let start = pending.pop(); start !== undefined; start = pending.pop()) {
    walk(start, seen, (reference) => {
      const target = documents.follow(reference)
      // The rest of the root's document is walked anyway.
      if (target !== undefined && target.document !== root.document) pending.push(target)
    })
  }
}

/** Calls `found` for each reference below a value. Its pointer is put together only then: a large document has a million values. */
function walk(start: Located, seen: Set<unknown>, found: (reference: Located) => void): void {
  const { document } = start
  const path: string[] = []
  const visit = (value: object, isMap: boolean): void => {
    if (seen.has(value)) return
    seen.add(value)
    const isList = Array.isArray(value)
    if (!isMap && !isList && isReference(value))
      found({ document, pointer: start.pointer + path.map((key) => `/${escapePointer(key)}`).join(''), value })
    for (const key of Object.keys(value)) {
      const member = (value as Record<string, unknown>)[key]
      if (typeof member !== 'object' || member === null) continue
      // `examples` of a schema are a list of data, those of a media type are Example Objects by name.
      if (!isMap && !isList && (literals.has(key) || (key === 'examples' && Array.isArray(member)))) continue
      path.push(key)
      visit(member, !isMap && !isList && maps.has(key))
      path.pop()
    }
  }
  if (typeof start.value === 'object' && start.value !== null) visit(start.value, false)
}
