import { isObject, type Located, pointerTokens } from '../documents/document.ts'
import type { Dialect } from '../model/operation.ts'

/** How a schema's keywords are read. Everything is translated to one inner form, so only the differences stand here. */
export interface SchemaDialect {
  readonly name: string
  /** Keywords beside `$ref` mean nothing (OpenAPI 3.0 section 4.7.23, JSON Schema up to draft 7). */
  readonly refStandsAlone: boolean
  /** `exclusiveMinimum: true` sharpens `minimum` (OpenAPI 3.0, draft 4). */
  readonly booleanLimits: boolean
  /** `nullable: true` adds null (OpenAPI 3.0). */
  readonly nullable: boolean
  /** `items` may be a list, continued by `additionalItems`. */
  readonly legacyArrays: boolean
  /** Keywords that the dialect knows; undefined: all. */
  readonly keywords: ReadonlySet<string> | undefined
}

const openapi30Keywords: ReadonlySet<string> = new Set(
  (
    '$ref title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems ' +
    'maxProperties minProperties required enum type allOf oneOf anyOf not items properties additionalProperties format default ' +
    'nullable discriminator readOnly writeOnly example description deprecated externalDocs xml'
  ).split(' '),
)

const modern: SchemaDialect = {
  name: 'JSON Schema 2020-12',
  refStandsAlone: false,
  booleanLimits: false,
  nullable: false,
  legacyArrays: false,
  keywords: undefined,
}
const openapi30: SchemaDialect = {
  name: 'OpenAPI 3.0',
  refStandsAlone: true,
  booleanLimits: true,
  nullable: true,
  legacyArrays: false,
  keywords: openapi30Keywords,
}
const draft2019: SchemaDialect = { ...modern, name: 'JSON Schema 2019-09', legacyArrays: true }
const draft7: SchemaDialect = { ...draft2019, name: 'JSON Schema draft 7', refStandsAlone: true }
const draft4: SchemaDialect = { ...draft7, name: 'JSON Schema draft 4', booleanLimits: true }

const byUri: ReadonlyMap<string, SchemaDialect> = new Map([
  ['https://json-schema.org/draft/2020-12/schema', modern],
  ['https://spec.openapis.org/oas/3.1/dialect/base', modern],
  ['https://spec.openapis.org/oas/3.0/dialect', openapi30],
  ['https://json-schema.org/draft/2019-09/schema', draft2019],
  ['http://json-schema.org/draft-07/schema', draft7],
  ['http://json-schema.org/draft-06/schema', draft7],
  ['http://json-schema.org/draft-04/schema', draft4],
])

/** The dialect that a `$schema` or `jsonSchemaDialect` names; undefined when it is not known. */
export function dialectByUri(uri: string): SchemaDialect | undefined {
  const plain = uri.endsWith('#') ? uri.slice(0, -1) : uri
  // OpenAPI 3.2 dates its dialects: https://spec.openapis.org/oas/3.2/dialect/2025-09-17
  if (/^https:\/\/spec\.openapis\.org\/oas\/3\.[1-9]\d*\/dialect\//.test(plain)) return modern
  return byUri.get(plain)
}

/**
 * The dialect of a schema in a document of the given one, where no `$schema` says otherwise: `jsonSchemaDialect` of the document decides in
 * 3.1 and later (OpenAPI 3.1 section 4.8.24.4).
 */
export function schemaDialect(schema: Located, dialect: Dialect): SchemaDialect {
  const root = schema.document.value
  const named =
    dialect !== '3.0' && isObject(root) && typeof root.jsonSchemaDialect === 'string'
      ? dialectByUri(root.jsonSchemaDialect)
      : undefined
  return named ?? (dialect === '3.0' ? openapi30 : modern)
}

/**
 * The dialect of a schema that a schema of the given one refers to: the nearest `$schema` at or above it, else that of its OpenAPI document
 * (JSON Schema 2020-12 section 8.1.1). A file that says nothing is read as who refers to it; so is everything by OpenAPI 3.0, which knows
 * no `$schema`.
 */
export function referredDialect({ document, pointer }: Located, referrer: SchemaDialect): SchemaDialect {
  if (referrer.keywords !== undefined) return referrer
  const root: Located = { document, pointer: '', value: document.value }
  const { openapi } = isObject(root.value) ? root.value : {}
  let found = typeof openapi === 'string' ? schemaDialect(root, openapi.startsWith('3.0') ? '3.0' : '3.1') : referrer
  let value: unknown
  const enter = (next: unknown) => {
    value = next
    if (isObject(value) && typeof value.$schema === 'string') found = dialectByUri(value.$schema) ?? found
  }
  enter(root.value)
  for (const token of pointerTokens(pointer)) enter((value as Record<string, unknown>)[token])
  return found
}
