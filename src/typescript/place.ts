import { child, isObject, type Located, members } from '../documents/document.ts'
import type { SchemaDialect } from '../schemas/dialects.ts'
import type { Resources } from '../schemas/resources.ts'
import type { Expression } from './expression.ts'
import { innerView, type View } from './view.ts'

/** What is known where a schema stands. */
export interface Place {
  readonly dialect: SchemaDialect
  readonly view: View
  /** Properties that the view never shows, by the schemas that describe the same value. */
  readonly hidden: ReadonlySet<string>
  readonly resources: Resources
  /** The type of the values that a schema accepts. */
  typeOf(schema: Located, place: Place): Expression
  /** The name of the type of a schema that something refers to. */
  nameOf(target: Located, place: Place): Expression
}

export type SchemaNode = Located<Record<string, unknown>>

export const noneHidden: ReadonlySet<string> = new Set()

/** Below a property or item stands another value. */
export function below(place: Place): Place {
  return { ...place, hidden: noneHidden, view: innerView(place.view) }
}

/** The schemas in a list such as `allOf`; none when the keyword holds no list. */
export function listed(schema: Located, keyword: string): Located[] {
  const list = child(schema, keyword)
  return Array.isArray(list?.value) ? members(list).map(([, branch]) => branch) : []
}

/** What a schema's `$ref` leads to, one step; undefined without one. */
export function referenceTarget(schema: Located, { resources }: Pick<Place, 'resources'>): Located | undefined {
  const reference = isObject(schema.value) ? schema.value.$ref : undefined
  return typeof reference === 'string' ? resources.resolve(reference, schema)?.schema : undefined
}

/** Chains of references and `allOf` longer than this are cycles. */
export const longestChain = 16

/** What a schema and the chain of its references end with. */
export function behindReferences(schema: Located, place: Pick<Place, 'resources'>): Located {
  let node = schema
  for (let steps = 0; steps < longestChain; steps++) {
    const target = referenceTarget(node, place)
    if (target === undefined) break
    node = target
  }
  return node
}
