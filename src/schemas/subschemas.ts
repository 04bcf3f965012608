import { child, escapePointer, isObject, type Located } from '../documents/document.ts'
import { keywordShapes } from './check-shapes.ts'
import type { SchemaDialect } from './dialects.ts'

/** The schemas that stand directly in a schema, below keywords that the dialect knows and whose values have a meaning. */
export function subschemas(schema: Located, dialect: SchemaDialect): Located[] {
  if (!isObject(schema.value)) return []
  return Object.keys(schema.value).flatMap((keyword) => {
    const shape = keywordShapes.get(keyword)
    if (shape?.below === undefined || dialect.keywords?.has(keyword) === false) return []
    const node = child(schema, keyword) as Located
    if (shape.check(node.value, dialect) !== undefined) return []
    if (shape.below === 'schema' && !Array.isArray(node.value)) return [node]
    return typeof node.value === 'object' && node.value !== null ? schemasIn(node) : []
  })
}

function schemasIn({ document, pointer, value }: Located): Located[] {
  return Object.entries(value as object)
    .filter(([, member]) => !(Array.isArray(member) && pointer.endsWith('/dependencies')))
    .map(([key, member]) => ({ document, pointer: `${pointer}/${escapePointer(key)}`, value: member as unknown }))
}
