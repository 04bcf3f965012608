import type { Diagnostics } from './diagnostics.ts'
import { escapePointer, type Located } from './document.ts'
import type { Documents } from './documents.ts'
import { isReference, meansTheSameEverywhere, reportWrongReference, wrongReference } from './references.ts'

/** Below these keys stands data, where a key `$ref` means nothing. */
const literals = new Set(['example', 'default', 'const', 'enum', 'value', 'dataValue'])
/** The members of these are named by the author, so a member called `default` or `$ref` is no keyword. */
const maps = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'dependentSchemas',
  'dependentRequired',
  'dependencies',
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

/** `examples` of a schema are a list of data, those of a media type Example Objects by name; what an extension holds only its author knows. */
function isData(key: string, member: object): boolean {
  return literals.has(key) || key.startsWith('x-') || (key === 'examples' && Array.isArray(member))
}

/** Whether it is text or not. */
function hasReference(value: object): value is { $ref: unknown } {
  return Object.hasOwn(value, '$ref')
}

/** Follows every `$ref` that is reachable from a value, in whatever file, so that all that lead nowhere are reported at boot. */
export function checkReferences(root: Located, documents: Documents, diagnostics: Diagnostics): void {
  const seen = new Set<unknown>()
  const pending: Located[] = [root]
  const leads = (reference: Located) => {
    const wrong = wrongReference(reference)
    if (wrong !== undefined) reportWrongReference(wrong, diagnostics)
    const target = wrong === undefined ? documents.follow(reference) : undefined
    // The rest of the root's document is walked anyway, but for what stands in extensions.
    if (target !== undefined && (target.document !== root.document || target.pointer.includes('/x-'))) pending.push(target)
    return target !== undefined
  }
  for (let start = pending.pop(); start !== undefined; start = pending.pop())
    walk(start, start.document === root.document, seen, leads)
}

/**
 * Calls `leads` for each reference below a value that was not seen before, until one of its text leads somewhere wherever it stands. Pointers
 * are put together only then: a large document has a million values. `once`: nothing but an alias of YAML leads to a value twice, so that of
 * all values only the references are remembered.
 */
function walk(start: Located, once: boolean, seen: Set<unknown>, leads: (reference: Located) => boolean): void {
  const { document } = start
  const path: string[] = []
  const sound = new Set<unknown>()
  const visit = (value: object, isMap: boolean): void => {
    const isList = Array.isArray(value)
    const reference = !isMap && !isList && hasReference(value) ? value : undefined
    if (reference !== undefined || !once) {
      if (seen.has(value)) return
      seen.add(value)
    }
    if (reference !== undefined && !sound.has(reference.$ref)) {
      const pointer = start.pointer + path.map((key) => `/${escapePointer(key)}`).join('')
      const leadsSomewhere = leads({ document, pointer, value })
      if (leadsSomewhere && isReference(value) && meansTheSameEverywhere(value.$ref, document)) sound.add(value.$ref)
    }
    // What parsers make inherits nothing enumerable, and for-in needs no list of the keys.
    for (const key in value) {
      const member = (value as Record<string, unknown>)[key]
      if (typeof member !== 'object' || member === null) continue
      if (!isMap && !isList && isData(key, member)) continue
      path.push(key)
      visit(member, !isMap && !isList && maps.has(key))
      path.pop()
    }
  }
  if (typeof start.value === 'object' && start.value !== null) visit(start.value, false)
}
