import { child, escapePointer, isObject, type Located } from '../documents/document.ts'
import { keywordShapes } from './check-shapes.ts'
import type { SchemaDialect } from './dialects.ts'

/** The schemas that stand directly in a schema, below keywords that the dialect knows and whose values have a meaning. */
export function subschemas(schema: Located, dialect: SchemaDialect): Located[] {
  if (!isObject(schema.value)) return []
  const found: Located[] = []
  for (const keyword of Object.keys(schema.value)) {
    const shape = keywordShapes.get(keyword)
    if (shape?.below === undefined || dialect.keywords?.has(keyword) === false) continue
    const node = child(schema, keyword) as Located
    if (shape.check(node.value, dialect) !== undefined) continue
    if (shape.below === 'schema' && !Array.isArray(node.value)) found.push(node)
    else if (typeof node.value === 'object' && node.value !== null) addSchemasIn(node, found)
  }
  return found
}

function addSchemasIn({ document, pointer, value }: Located, found: Located[]): void {
  for (const [key, member] of Object.entries(value as object)) {
    if (Array.isArray(member) && pointer.endsWith('/dependencies')) continue
    found.push({ document, pointer: `${pointer}/${escapePointer(key)}`, value: member as unknown })
  }
}
