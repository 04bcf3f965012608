/** What may stand below a key: an object of a kind, a list of them (`[]`), or a map of them by names of the author's (`{}`). */
export type Below = `${'' | '[]' | '{}'}${ObjectKind}`

export type ObjectKind =
  | 'document'
  | 'info'
  | 'server'
  | 'serverVariable'
  | 'components'
  | 'pathItem'
  | 'operation'
  | 'parameter'
  | 'header'
  | 'requestBody'
  | 'mediaType'
  | 'encoding'
  | 'response'
  | 'example'
  | 'link'
  | 'tag'
  | 'securityScheme'

/** The fixed keys of an object, and what stands below those that hold further objects. */
export interface ObjectKeys {
  readonly keys: ReadonlySet<string>
  readonly below: Readonly<Record<string, Below>>
}

function object(keys: string, below: Record<string, Below> = {}): ObjectKeys {
  return { keys: new Set([...keys.split(' '), ...Object.keys(below)]), below }
}

const describedValue = { examples: '{}example', content: '{}mediaType' } as const
const operations = Object.fromEntries(
  ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'].map((method) => [method, 'operation' as const]),
)

/** The objects of OpenAPI 3.0 to 3.2 (sections 4.7 and 4.8) with the keys of all three; schemas are checked elsewhere. */
export const openApiObjects: Readonly<Record<ObjectKind, ObjectKeys>> = {
  document: object('openapi jsonSchemaDialect $self security externalDocs', {
    info: 'info',
    servers: '[]server',
    paths: '{}pathItem',
    webhooks: '{}pathItem',
    components: 'components',
    tags: '[]tag',
  }),
  info: object('title summary description termsOfService contact license version'),
  server: object('url description name', { variables: '{}serverVariable' }),
  serverVariable: object('enum default description'),
  components: object('schemas callbacks', {
    responses: '{}response',
    parameters: '{}parameter',
    examples: '{}example',
    requestBodies: '{}requestBody',
    headers: '{}header',
    securitySchemes: '{}securityScheme',
    links: '{}link',
    pathItems: '{}pathItem',
    mediaTypes: '{}mediaType',
  }),
  pathItem: object('$ref summary description', {
    servers: '[]server',
    parameters: '[]parameter',
    additionalOperations: '{}operation',
    ...operations,
  }),
  operation: object('tags summary description externalDocs operationId callbacks deprecated security', {
    parameters: '[]parameter',
    requestBody: 'requestBody',
    responses: '{}response',
    servers: '[]server',
  }),
  parameter: object(
    'name in description required deprecated allowEmptyValue style explode allowReserved schema example',
    describedValue,
  ),
  header: object('description required deprecated style explode schema example', describedValue),
  requestBody: object('description required', { content: '{}mediaType' }),
  mediaType: object('schema itemSchema example', {
    examples: '{}example',
    encoding: '{}encoding',
    prefixEncoding: '[]encoding',
    itemEncoding: 'encoding',
  }),
  encoding: object('contentType style explode allowReserved', {
    headers: '{}header',
    encoding: '{}encoding',
    prefixEncoding: '[]encoding',
    itemEncoding: 'encoding',
  }),
  response: object('summary description', { headers: '{}header', content: '{}mediaType', links: '{}link' }),
  example: object('summary description value dataValue serializedValue externalValue'),
  link: object('operationRef operationId parameters requestBody description server'),
  tag: object('name summary description externalDocs parent kind'),
  securityScheme: object('type description name in scheme bearerFormat flows openIdConnectUrl oauth2MetadataUrl deprecated'),
}
