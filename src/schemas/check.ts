import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, isObject, type Located } from '../documents/document.ts'
import { named } from '../documents/named.ts'
import { isRemote, isSchemaScoped, reportWrongReference } from '../documents/references.ts'
import { nearest } from '../documents/suggest.ts'
import { readPattern } from '../patterns/pattern.ts'
import { keywordShapes, knownKeywords, type Shape } from './check-shapes.ts'
import { dialectByUri, referredDialect, type SchemaDialect } from './dialects.ts'
import type { Resources } from './resources.ts'
import { subschemas } from './subschemas.ts'

type SchemaObject = Located<Record<string, unknown>>
interface Pending {
  readonly schema: Located
  readonly dialect: SchemaDialect
}

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
    const open: Pending[] = [{ schema, dialect }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) checkSchema(next.schema, next.dialect, open)
  }

  function checkSchema(schema: Located, dialect: SchemaDialect, open: Pending[]): void {
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
    for (const keyword of ['$ref', '$dynamicRef'])
      if (Object.hasOwn(value, keyword)) checkReference(schema, keyword, dialect, open)
    if (dialect.refStandsAlone && Object.hasOwn(value, '$ref')) return
    for (const keyword of Object.keys(value)) checkKeyword(schema as SchemaObject, keyword, dialect)
    for (const below of subschemas(schema, dialect)) open.push({ schema: below, dialect })
  }

  function checkReference(schema: Located, keyword: string, dialect: SchemaDialect, open: Pending[]): void {
    const node = child(schema, keyword) as Located
    if (typeof node.value !== 'string') {
      if (keyword === '$ref') reportWrongReference(node, diagnostics)
      else diagnostics.error('invalid-schema', node, `"${keyword}" is a string, not ${named(node.value)}`)
      return
    }
    const target = resources.resolve(node.value, schema)
    if (target !== undefined) open.push({ schema: target.schema, dialect: referredDialect(target.schema, dialect) })
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

  function checkKeyword(schema: SchemaObject, keyword: string, dialect: SchemaDialect): void {
    const shape = keywordShapes.get(keyword)
    const value = schema.value[keyword]
    if (shape === undefined) checkUnknown(schema, keyword, dialect)
    else if (dialect.keywords === undefined || dialect.keywords.has(keyword)) checkShape(schema, keyword, shape, dialect)
    if (keyword === '$schema' && typeof value === 'string' && dialectByUri(value) === undefined) {
      diagnostics.warning(
        'unknown-dialect',
        child(schema, keyword),
        `the dialect "${value}" is not known; the schema is read as ${dialect.name}`,
      )
    }
  }

  function checkUnknown(schema: SchemaObject, keyword: string, dialect: SchemaDialect): void {
    if (keyword === 'nullable' && !dialect.nullable) {
      diagnostics.warning(
        'ignored-keyword',
        child(schema, keyword),
        `"nullable" means nothing in ${dialect.name}`,
        'Write "null" among the types: type: [string, "null"].',
      )
      return
    }
    if (keyword.startsWith('x-') || knownKeywords.has(keyword)) return
    const near = nearest(keyword, dialect.keywords ?? knownKeywords)
    if (near !== undefined)
      diagnostics.warning(
        'unknown-keyword',
        child(schema, keyword),
        `"${keyword}" is no keyword of ${dialect.name}`,
        `Did you mean "${near}"?`,
      )
  }

  function checkShape(schema: SchemaObject, keyword: string, shape: Shape, dialect: SchemaDialect): void {
    const value = schema.value[keyword]
    const finding = shape.check(value, dialect)
    if (finding !== undefined) {
      const { severity, message, hint } = finding
      diagnostics[severity]('invalid-schema', child(schema, keyword), `"${keyword}" ${message}, not ${named(value)}`, hint)
      return
    }
    if (keyword === 'pattern') checkPattern(schema, keyword, value as string)
    if (keyword === 'patternProperties')
      for (const pattern of Object.keys(value as object)) checkPattern(schema, keyword, pattern)
  }

  function checkPattern(schema: SchemaObject, keyword: string, pattern: string): void {
    if (readPattern(pattern) !== undefined) return
    diagnostics.error('invalid-pattern', child(schema, keyword), `"${pattern}" is no regular expression (ECMA-262)`)
  }
}
