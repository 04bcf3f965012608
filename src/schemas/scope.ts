import type { Located } from '../documents/document.ts'
import type { Resources } from './resources.ts'
import type { Scope } from './rule.ts'

export const emptyScope: Scope = { key: '', anchors: new Map() }

/** The scope after stepping into a schema's resource: dynamic anchors that are new there are now bound. */
export function enterScope(scope: Scope, schema: Located, resources: Resources): Scope {
  const { dynamicAnchors, uri } = resources.of(schema)
  let anchors: Map<string, Located> | undefined
  for (const [name, anchored] of dynamicAnchors) {
    if (scope.anchors.has(name)) continue
    anchors ??= new Map(scope.anchors)
    anchors.set(name, anchored)
  }
  return anchors === undefined ? scope : { key: `${scope.key} ${uri}`, anchors }
}
