import { escapePointer, isObject, pointerTokens } from '../documents/document.ts'

/** Schemas of one document, taken along with what they refer to. */
export interface CollectedSchemas {
  /** A copy whose references lead to `#/components/schemas/…`. */
  copy(schema: unknown): unknown
  /** What the copies refer to, by name. */
  readonly schemas: ReadonlyMap<string, unknown>
  /** A name that no schema has yet; it is taken from then on. */
  freeName(wanted: string): string
}

/** Names that the document itself needs. */
const reserved = ['TaskEvent', 'Refusal']

export function collectSchemas(document: Record<string, unknown>): CollectedSchemas {
  const schemas = new Map<string, unknown>()
  const names = new Map<string, string>()
  const taken = new Set(reserved)

  function freeName(wanted: string): string {
    const stem = wanted.replaceAll(/[^\w.-]+/g, '_')
    let name = stem
    for (let n = 2; taken.has(name); n++) name = `${stem}${n}`
    taken.add(name)
    return name
  }

  function copy(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(copy)
    if (!isObject(value)) return value
    const result: Record<string, unknown> = {}
    for (const [key, member] of Object.entries(value)) {
      if (key === '$ref' && typeof member === 'string' && member.startsWith('#/')) result.$ref = take(member)
      // AsyncAPI 3 names only the property (Schema Object, `discriminator`).
      else if (key === 'discriminator' && isObject(member)) result.discriminator = member.propertyName
      else result[key] = copy(member)
    }
    return result
  }

  /** The name is known before the schema is copied, for recursion. */
  function take(reference: string): string {
    const tokens = pointerTokens(reference.slice(1))
    let name = names.get(reference)
    if (name === undefined) {
      name = freeName(tokens.at(-1) as string)
      names.set(reference, name)
      schemas.set(name, {})
      schemas.set(
        name,
        copy(tokens.reduce<unknown>((node, token) => (node as Record<string, unknown> | undefined)?.[token], document)),
      )
    }
    return `#/components/schemas/${escapePointer(name)}`
  }

  return { copy, schemas, freeName }
}
