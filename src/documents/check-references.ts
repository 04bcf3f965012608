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
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    walk(node, seen, documents, pending)
  }
}

function walk(start: Located, seen: Set<unknown>, documents: Documents, pending: Located[]): void {
  const { document } = start
  const visit = (value: unknown, pointer: string, isMap: boolean): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, `${pointer}/${index}`, false)
      return
    }
    if (!isMap && isReference(value)) {
      const target = documents.follow({ document, pointer, value })
      if (target !== undefined && target.document !== document) pending.push(target)
    }
    for (const key of Object.keys(value)) {
      const member = (value as Record<string, unknown>)[key]
      // `examples` of a schema are a list of data, those of a media type are Example Objects by name.
      if (!isMap && (literals.has(key) || (key === 'examples' && Array.isArray(member)))) continue
      visit(member, `${pointer}/${escapePointer(key)}`, !isMap && maps.has(key))
    }
  }
  visit(start.value, start.pointer, false)
}
