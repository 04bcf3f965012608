import { child, isObject, members } from '../documents/document.ts'
import { nearest } from '../documents/suggest.ts'
import { longestText } from '../patterns/pattern.ts'
import type { VisitedSchema } from '../schemas/compiler.ts'
import { annotatedFormats, formats } from '../schemas/formats.ts'
import type { Reviewed, Rule } from './review.ts'

type Diagnostics = Reviewed['diagnostics']

/** What a schema says that is not checked, or that no value can meet. */
export const reviewSchemas: Rule = ({ schemas, diagnostics }) => {
  schemas.visit((visited) => {
    reviewFormat(visited, diagnostics)
    reviewPatterns(visited, diagnostics)
    reviewEnum(visited, diagnostics)
    reviewRequired(visited, diagnostics)
  })
}

function reviewFormat({ schema }: VisitedSchema, diagnostics: Diagnostics): void {
  const node = child(schema, 'format')
  if (typeof node?.value !== 'string' || Object.hasOwn(formats, node.value) || annotatedFormats.has(node.value)) return
  const near = nearest(node.value, [...Object.keys(formats), ...annotatedFormats])
  const hint = near === undefined ? 'A "pattern" would be checked.' : `Did you mean "${near}"?`
  diagnostics.warning('unknown-format', node, `the format "${node.value}" is not known, so it is not checked`, hint)
}

function reviewPatterns({ schema }: VisitedSchema, diagnostics: Diagnostics): void {
  const pattern = child(schema, 'pattern')
  const { maxLength } = schema.value
  if (typeof pattern?.value === 'string') {
    const longest = longestText(pattern.value)
    if (typeof maxLength !== 'number' || maxLength > longest) reportBound(pattern, longest, diagnostics, `maxLength: ${longest}`)
  }
  for (const [name, node] of members(child(schema, 'patternProperties'))) {
    const at = { ...node, value: name }
    reportBound(at, longestText(name), diagnostics, `propertyNames: { maxLength: ${longestText(name)} }`)
  }
}

function reportBound(
  node: Parameters<Diagnostics['warning']>[1],
  longest: number,
  diagnostics: Diagnostics,
  bound: string,
): void {
  if (longest === Number.POSITIVE_INFINITY) return
  const message = `this pattern is tried on texts of up to ${longest} characters, because its backreferences can take very long; longer ones are refused`
  diagnostics.warning('bounded-pattern', node, message, `Write it without \\1, or say so: ${bound}`)
}

function reviewEnum({ schema, dialect }: VisitedSchema, diagnostics: Diagnostics): void {
  const { type, nullable } = schema.value
  if (type === undefined) return
  const types = (Array.isArray(type) ? type : [type]).map(String)
  if (dialect.nullable && nullable === true) types.push('null')
  for (const [, node] of members(child(schema, 'enum'))) {
    if (types.some((name) => isOfType(node.value, name))) continue
    const message = `the value ${JSON.stringify(node.value)} is not of the type ${types.join(' or ')}, so it is always refused`
    diagnostics.warning('unmatched-enum', node, message, hintOf(node.value, types))
  }
}

function hintOf(value: unknown, types: readonly string[]): string {
  if (value === null) return 'Allow null by the type as well.'
  return types.includes('string') ? 'Write it in quotes.' : 'Write it as that type, or change the type.'
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

function reviewRequired({ schema }: VisitedSchema, diagnostics: Diagnostics): void {
  const { additionalProperties, patternProperties, properties } = schema.value
  if (additionalProperties !== false || patternProperties !== undefined) return
  const names = isObject(properties) ? Object.keys(properties) : []
  for (const [, node] of members(child(schema, 'required'))) {
    if (typeof node.value !== 'string' || names.includes(node.value)) continue
    const near = nearest(node.value, names)
    const hint = near === undefined ? 'Describe it under "properties".' : `Did you mean "${near}"?`
    diagnostics.warning('undefined-required', node, `"${node.value}" is required, but no such property is allowed`, hint)
  }
}
