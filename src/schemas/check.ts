import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, isObject, type Located } from '../documents/document.ts'
import { isRemote, isSchemaScoped } from '../documents/references.ts'
import { nearest } from '../documents/suggest.ts'
import { readPattern } from '../patterns/pattern.ts'
import { keywordShapes, knownKeywords, type Shape } from './check-shapes.ts'
import { dialectByUri, type SchemaDialect } from './dialects.ts'
import type { Resources } from './resources.ts'
import { subschemas } from './subschemas.ts'

/**
 * Reports what is wrong with the schemas that a gateway uses, and with all that they refer to, at the place where it stands.
 * An error is what leaves a schema without a meaning; what can only be ignored is a warning. Nothing is compiled.
 */
export function createSchemaCheck(
  resources: Resources,
  diagnostics: Diagnostics,
): (schema: Located, dialect: SchemaDialect) => void {
  const seen = new WeakSet<object>()

  return function check(schema, dialect) {
    const open: Located[] = [schema]
    for (let node = open.pop(); node !== undefined; node = open.pop()) checkSchema(node, dialect, open)
  }

  function checkSchema(schema: Located, dialect: SchemaDialect, open: Located[]): void {
    const { value } = schema
    if (typeof value === 'boolean') return
    if (!isObject(value)) {
      diagnostics.error(
        'invalid-schema',
        schema,
        `a schema is an object${dialect.keywords ? '' : ' or true or false'}, not ${named(value)}`,
      )
      return
    }
    if (seen.has(value)) return
    seen.add(value)
    for (const keyword of ['$ref', '$dynamicRef']) if (Object.hasOwn(value, keyword)) checkReference(schema, keyword, open)
    if (dialect.refStandsAlone && Object.hasOwn(value, '$ref')) return
    for (const keyword of Object.keys(value)) checkKeyword(schema as Located<Record<string, unknown>>, keyword, dialect)
    open.push(...subschemas(schema, dialect))
  }

  function checkReference(schema: Located, keyword: string, open: Located[]): void {
    const node = child(schema, keyword) as Located
    if (typeof node.value !== 'string') {
      diagnostics.error('invalid-schema', node, `"${keyword}" is a string, not ${named(node.value)}`)
      return
    }
    const target = resources.resolve(node.value, schema)
    if (target !== undefined) open.push(target.schema)
    // Dead ends of plain references are found, and better explained, where the documents are read.
    else if (keyword === '$dynamicRef' || isSchemaScoped(schema, node.value)) {
      const isElsewhere = isRemote(node.value)
      diagnostics.error(
        isElsewhere ? 'remote-reference' : 'dead-reference',
        node,
        `the reference "${node.value}" ${isElsewhere ? 'is no `$id` of this document; nothing is fetched at boot' : 'leads to no schema'}`,
      )
    }
  }

  function checkKeyword(schema: Located<Record<string, unknown>>, keyword: string, dialect: SchemaDialect): void {
    const shape = keywordShapes.get(keyword)
    const node = child(schema, keyword) as Located
    if (shape === undefined) checkUnknown(node, keyword, dialect)
    else if (dialect.keywords === undefined || dialect.keywords.has(keyword)) checkShape(node, keyword, shape, dialect)
    if (keyword === '$schema' && typeof node.value === 'string' && dialectByUri(node.value) === undefined) {
      diagnostics.warning(
        'unknown-dialect',
        node,
        `the dialect "${node.value}" is not known; the schema is read as ${dialect.name}`,
      )
    }
  }

  function checkUnknown(node: Located, keyword: string, dialect: SchemaDialect): void {
    if (keyword === 'nullable' && !dialect.nullable) {
      diagnostics.warning(
        'ignored-keyword',
        node,
        `"nullable" means nothing in ${dialect.name}`,
        'Write "null" among the types: type: [string, "null"].',
      )
      return
    }
    if (keyword.startsWith('x-') || knownKeywords.has(keyword)) return
    const near = nearest(keyword, dialect.keywords ?? knownKeywords)
    if (near !== undefined)
      diagnostics.warning('unknown-keyword', node, `"${keyword}" is no keyword of ${dialect.name}`, `Did you mean "${near}"?`)
  }

  function checkShape(node: Located, keyword: string, shape: Shape, dialect: SchemaDialect): void {
    const { value } = node
    const finding = shape.check(value, dialect)
    if (finding !== undefined) {
      diagnostics[finding.severity]('invalid-schema', node, `"${keyword}" ${finding.message}, not ${named(value)}`, finding.hint)
      return
    }
    if (keyword === 'pattern') checkPattern(node, value as string)
    if (keyword === 'patternProperties') for (const pattern of Object.keys(value as object)) checkPattern(node, pattern)
  }

  function checkPattern(node: Located, pattern: string): void {
    if (readPattern(pattern) !== undefined) return
    diagnostics.error('invalid-pattern', node, `"${pattern}" is no regular expression (ECMA-262)`)
  }
}

function named(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'an object'
  return typeof value === 'string' ? JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value) : String(value)
}
