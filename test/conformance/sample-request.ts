import { isObject } from '../../src/documents/document.ts'
import { isJson } from '../../src/messages/media-type.ts'
import type { Operation, Parameter } from '../../src/model/operation.ts'
import type { SchemaCompiler } from '../../src/schemas/compiler.ts'
import type { Case } from './conformance.ts'

/** A request that an operation must accept: what it requires, made from the schemas, with any credentials. */
export function sampleRequest(operation: Operation, schemas: SchemaCompiler): Case['request'] {
  const headers = new Map<string, string>()
  const query: string[] = []
  const cookies: string[] = []
  const inPath = new Map<string, string>()
  for (const parameter of operation.parameters.filter(({ required }) => required)) {
    const written = writeParameter(parameter, operation, schemas)
    if (parameter.in === 'path') inPath.set(parameter.name, written)
    else if (parameter.in === 'header') headers.set(parameter.name, decodeURIComponent(written))
    else if (parameter.in === 'cookie') cookies.push(written)
    else query.push(written)
  }
  addCredentials(operation, headers, query, cookies)
  if (cookies.length > 0) headers.set('cookie', cookies.join('; '))
  const body = writeBody(operation, schemas, headers)
  const path = operation.path.replace(/\{([^{}]+)\}|[^{}]+/g, (part, name) => inPath.get(name) ?? encodeURI(name ?? part))
  const search = query.length === 0 ? '' : `?${query.join('&')}`
  return { method: operation.method, path: path + search, headers: [...headers], ...(body !== undefined && { body }) }
}

function writeParameter(parameter: Parameter, operation: Operation, schemas: SchemaCompiler): string {
  const { name, style, explode, content } = parameter
  const schema = content?.schema ?? parameter.schema
  const value = schema === undefined ? 'x' : schemas.sample(schema, operation.dialect, 'request')
  const own = encodeURIComponent(name)
  const named = parameter.in === 'query' || parameter.in === 'cookie'
  if (content !== undefined) return (named ? `${own}=` : '') + encodeURIComponent(JSON.stringify(value))
  if (Array.isArray(value)) return writeList(own, value.map(text), style, explode, named)
  if (isObject(value)) return writeRecord(own, Object.entries(value), style, explode, named)
  return prefix(own, style, named) + text(value)
}

function text(value: unknown): string {
  return encodeURIComponent(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

function prefix(name: string, style: string, named: boolean): string {
  if (style === 'matrix') return `;${name}=`
  return style === 'label' ? '.' : named ? `${name}=` : ''
}

const delimiters: Record<string, string> = { spaceDelimited: '%20', pipeDelimited: '|' }

function writeList(name: string, items: string[], style: string, explode: boolean, named: boolean): string {
  if (explode && named) return items.map((item) => `${name}=${item}`).join('&')
  if (explode && style === 'matrix') return items.map((item) => `;${name}=${item}`).join('')
  return prefix(name, style, named) + items.join(explode && style === 'label' ? '.' : (delimiters[style] ?? ','))
}

function writeRecord(name: string, members: [string, unknown][], style: string, explode: boolean, named: boolean): string {
  if (style === 'deepObject') return members.map(([key, value]) => `${name}[${encodeURIComponent(key)}]=${text(value)}`).join('&')
  const pairs = members.map(([key, value]) => `${encodeURIComponent(key)}=${text(value)}`)
  if (explode && named) return pairs.join('&')
  if (explode && style === 'matrix') return pairs.map((pair) => `;${pair}`).join('')
  if (explode) return (style === 'label' ? '.' : '') + pairs.join(style === 'label' ? '.' : ',')
  const flat = members.flatMap(([key, value]) => [encodeURIComponent(key), text(value)])
  return prefix(name, style, named) + flat.join(delimiters[style] ?? ',')
}

function addCredentials(operation: Operation, headers: Map<string, string>, query: string[], cookies: string[]): void {
  if (operation.access.kind === 'public') return
  const root = operation.document.value as { components?: { securitySchemes?: Record<string, Record<string, string>> } }
  for (const { scheme } of operation.access.alternatives[0] ?? []) {
    const { type, in: place, name = '', scheme: kind = 'bearer' } = root.components?.securitySchemes?.[scheme] ?? {}
    if (type !== 'apiKey') headers.set('authorization', `${kind} eDp5`)
    else if (place === 'header') headers.set(name, 'key')
    else (place === 'query' ? query : cookies).push(`${name}=key`)
  }
}

const boundary = 'part'

function writeBody(operation: Operation, schemas: SchemaCompiler, headers: Map<string, string>): string | undefined {
  const content = operation.body?.content.find(({ range }) => isJson(range)) ?? operation.body?.content[0]
  if (content === undefined) return undefined
  const value = content.schema === undefined ? 'x' : schemas.sample(content.schema, operation.dialect, 'request')
  const type = content.range.replace('*/*', 'text/plain').replace('/*', '/plain')
  const isMultipart = type.startsWith('multipart/')
  headers.set('content-type', isMultipart ? `${type}; boundary=${boundary}` : type)
  if (isJson(type)) return JSON.stringify(value)
  if (!isObject(value)) return String(value)
  if (isMultipart) return writeParts(Object.entries(value))
  return type === 'application/x-www-form-urlencoded' ? writeForm(Object.entries(value)) : JSON.stringify(value)
}

function writeForm(fields: [string, unknown][]): string {
  const several = fields.flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, one] as const))
  return several.map(([name, value]) => `${encodeURIComponent(name)}=${text(value)}`).join('&')
}

function writeParts(fields: [string, unknown][]): string {
  const parts = fields.map(([name, value]) => {
    const isData = typeof value === 'object'
    const type = isData ? '\r\ncontent-type: application/json' : ''
    return `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${type}\r\n\r\n${isData ? JSON.stringify(value) : value}\r\n`
  })
  return `${parts.join('')}--${boundary}--\r\n`
}
