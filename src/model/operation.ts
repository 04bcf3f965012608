import type { Document, Located } from '../documents/document.ts'
import type { Settings } from './settings.ts'

/** A method with a field of its own in a path item, or any other (OpenAPI 3.2, `additionalOperations`), as it stands in a request. */
export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS' | 'HEAD' | 'PATCH' | 'TRACE' | 'QUERY' | (string & {})

/** Which JSON Schema dialect the document's schemas are written in: OpenAPI 3.0's own, or JSON Schema 2020-12 (3.1, 3.2). */
export type Dialect = '3.0' | '3.1'

export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie'
export type ParameterStyle = 'matrix' | 'label' | 'simple' | 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject' | 'cookie'

/** One parameter, defaults of `style`, `explode` and `required` filled in, `$ref` followed. */
export interface Parameter {
  readonly name: string
  readonly in: ParameterPlace | 'querystring'
  readonly required: boolean
  readonly style: ParameterStyle
  readonly explode: boolean
  readonly allowReserved: boolean
  readonly allowEmptyValue: boolean
  /** Its schema; may itself be a `$ref` (follow with `Documents.follow`). Absent for `content` parameters. */
  readonly schema: Located | undefined
  /** Its media type, for parameters that are described by `content`. */
  readonly content: MediaType | undefined
  readonly node: Located
}

/** One entry of a `content` map. */
export interface MediaType {
  /** The key as written: `application/json`, `image/*`, `*` + `/*`, with parameters if there are any. */
  readonly range: string
  readonly schema: Located | undefined
  /** `encoding` by property (OpenAPI 3.1 section 4.8.15), for form and multipart bodies. */
  readonly encoding: Located | undefined
  readonly node: Located
}

export interface RequestBody {
  readonly required: boolean
  readonly content: readonly MediaType[]
  readonly node: Located
}

export interface ResponseDefinition {
  /** `200`, `2XX` or `default`. */
  readonly status: string
  readonly content: readonly MediaType[]
  /** Declared headers, as parameters with `in: header`, `style: simple`. */
  readonly headers: readonly Parameter[]
  readonly node: Located
}

/** One alternative of OpenAPI `security`: all schemes named in it must be satisfied, with these scopes. */
export type SecurityRequirement = readonly { readonly scheme: string; readonly scopes: readonly string[] }[]

/** The access decision: `security` as alternatives (OR) of requirements (AND); an empty requirement allows anonymous calls. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'restricted'; readonly alternatives: readonly SecurityRequirement[] }

/** One OpenAPI operation as the gateway runs it; everything is resolved and decided at boot. */
export interface Operation {
  readonly id: string
  /** True when the document gave no `operationId` and one was derived from method and path. */
  readonly derivedId: boolean
  readonly method: Method
  /** Path template with the base path, for example `/api/v1/agents/{name}`. */
  readonly path: string
  readonly document: Document
  readonly dialect: Dialect
  readonly node: Located<Record<string, unknown>>
  readonly parameters: readonly Parameter[]
  readonly body: RequestBody | undefined
  readonly responses: readonly ResponseDefinition[]
  readonly access: Access
  readonly settings: Settings
  /** The settings that gateway.yaml switches off, and where. */
  readonly off: ReadonlyMap<string, Located>
  /** The name of what answers (`handler`, `mock`, `task`, …). */
  readonly target: string
}
