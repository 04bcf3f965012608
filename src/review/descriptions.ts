import { child, isObject, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { rootOf } from '../documents/references.ts'
import { nearest } from '../documents/suggest.ts'
import { type Below, type ObjectKind, openApiObjects } from './openapi-objects.ts'
import type { Reviewed, Rule } from './review.ts'

/** Keys that no OpenAPI object of their place has: whatever stands below them is ignored. */
export const reviewDescriptions: Rule = ({ api, documents, diagnostics }) => {
  const seen = new Set<unknown>()
  for (const { document } of api.openapi) {
    const open: [Located, ObjectKind][] = [[rootOf(document), 'document']]
    for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
      const [node, kind] = entry
      if (seen.has(node.value) || !isObject(node.value)) continue
      seen.add(node.value)
      reportKeys(node, kind, diagnostics)
      for (const [key, below] of Object.entries(openApiObjects[kind].below))
        open.push(...objectsBelow(node, key, below, documents))
    }
  }
}

function reportKeys(node: Located, kind: ObjectKind, diagnostics: Reviewed['diagnostics']): void {
  const { keys } = openApiObjects[kind]
  // Keys of path items that are no methods are reported when operations are read; what is beside a reference is never read.
  if (kind === 'pathItem' || child(node, '$ref') !== undefined) return
  for (const [key, member] of members(node)) {
    if (keys.has(key) || key.startsWith('x-')) continue
    const near = nearest(key, keys)
    const hint =
      near === undefined ? `Known keys: ${[...keys].join(', ')}; those of one's own begin with "x-".` : `Did you mean "${near}"?`
    const at = member.document.locate(member.pointer, 'key')
    diagnostics.warning('unknown-key', at, `"${key}" is no key of ${words(kind)}; it is ignored`, hint)
  }
}

function objectsBelow(node: Located, key: string, below: Below, documents: Documents): [Located, ObjectKind][] {
  const held = child(node, key)
  if (held === undefined) return []
  const [, shape = '', kind] = /^(\[\]|\{\})?(.*)$/.exec(below) as unknown as [string, string | undefined, ObjectKind]
  const written = shape === '' ? [held] : members(held).flatMap(([name, member]) => (name.startsWith('x-') ? [] : [member]))
  return written.flatMap((member) => {
    const target = documents.follow(member)
    return target === undefined ? [] : [[target, kind] as [Located, ObjectKind]]
  })
}

function words(kind: ObjectKind): string {
  if (kind === 'document' || kind === 'components') return `the ${kind === 'document' ? 'document' : 'components'}`
  if (kind === 'info') return 'info'
  const name = kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${/^[aeio]/.test(name) ? 'an' : 'a'} ${name}`
}
