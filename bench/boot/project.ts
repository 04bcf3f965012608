import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

const bench = join(import.meta.dirname, '..')

/** Writes the project of `bench/` into a directory, with so many operations that its own three are among `count`. */
export function writeProject(directory: string, count: number, format: 'json' | 'yaml' = 'json'): void {
  const document = parse(readFileSync(join(bench, 'openapi.yaml'), 'utf8'))
  const own = Object.values<object>(document.paths).length
  document.security = [{ bearer: [] }]
  const names = addOperations(document, count - own)
  const file = `openapi.${format}`
  mkdirSync(join(directory, 'handlers'), { recursive: true })
  writeFileSync(join(directory, file), format === 'json' ? JSON.stringify(document) : stringify(document))
  writeFileSync(join(directory, 'gateway.yaml'), `openapi: ${file}\n${readFileSync(join(bench, 'gateway.yaml'), 'utf8')}`)
  cpSync(join(bench, 'handlers'), join(directory, 'handlers'), { recursive: true })
  writeFileSync(join(directory, 'handlers/generated.js'), names.map((name) => `export const ${name} = () => ({})\n`).join(''))
}

interface Document {
  paths: Record<string, Record<string, object>>
  components: { schemas: Record<string, object> }
}

/** Adds resources with ten operations and three schemas each, as descriptions of products have them; gives the names of the operations. */
function addOperations({ paths, components }: Document, count: number): string[] {
  const names: string[] = []
  for (let n = 0; names.length < count; n++) {
    Object.assign(components.schemas, resourceSchemas(n))
    for (const [method, path, operation] of resourceOperations(n).slice(0, count - names.length)) {
      paths[path] = { ...paths[path], [method]: operation }
      names.push(operation.operationId)
    }
  }
  return names
}

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const json = (schema: object) => ({ content: { 'application/json': { schema } } })

function resourceSchemas(n: number): Record<string, object> {
  const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })
  const price = {
    type: 'object',
    required: ['amount'],
    properties: { amount: { type: 'number', minimum: 0 }, currency: text(3) },
  }
  const address = {
    type: 'object',
    required: ['street', 'city'],
    properties: { street: text(100), city: text(80), zip: { type: 'string', pattern: '^[0-9]{4,6}$' } },
  }
  const properties = {
    name: text(80),
    description: text(2000),
    price,
    address,
    tags: { type: 'array', maxItems: 10, items: text(20) },
    active: { type: 'boolean' },
    stock: { type: 'integer', minimum: 0 },
    kind: { type: 'string', enum: [`a${n}`, `b${n}`] },
    labels: { type: 'object', additionalProperties: text(40) },
    createdAt: { type: 'string', format: 'date-time' },
    parent: { type: 'integer', nullable: true },
  }
  const required = ['name', 'price']
  const related = { type: 'array', items: reference(`Link${n}`) }
  return {
    [`NewResource${n}`]: { type: 'object', required, properties },
    [`Resource${n}`]: {
      type: 'object',
      required: ['id', ...required],
      properties: { id: { type: 'integer' }, ...properties, related },
    },
    [`Link${n}`]: { type: 'object', properties: { id: { type: 'integer' }, href: { type: 'string' } } },
  }
}

function resourceOperations(n: number): [method: string, path: string, operation: { operationId: string }][] {
  const base = `/v1/resources${n}`
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } }
  const part = { name: 'part', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z0-9-]+$' } }
  const page = [
    { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100 } },
    { name: 'cursor', in: 'query', schema: { type: 'string' } },
    { name: 'sort', in: 'query', schema: { type: 'string', enum: ['asc', 'desc'] } },
  ]
  const answers = (status: number, schema: object) => ({ [status]: { description: 'done', ...json(schema) } })
  const one = (status = 200) => ({ responses: answers(status, reference(`Resource${n}`)) })
  const many = { responses: answers(200, { type: 'array', items: reference(`Resource${n}`) }) }
  const none = { responses: { 204: { description: 'gone' } } }
  const body = { requestBody: { required: true, ...json(reference(`NewResource${n}`)) } }
  const filter = { type: 'object', properties: { text: { type: 'string' }, like: reference(`NewResource${n}`) } }
  return [
    ['get', base, { operationId: `list${n}`, parameters: page, ...many }],
    ['post', base, { operationId: `create${n}`, ...body, ...one(201) }],
    ['post', `${base}/search`, { operationId: `search${n}`, parameters: page, requestBody: json(filter), ...many }],
    ['get', `${base}/{id}`, { operationId: `get${n}`, parameters: [id], ...one() }],
    ['put', `${base}/{id}`, { operationId: `replace${n}`, parameters: [id], ...body, ...one() }],
    ['delete', `${base}/{id}`, { operationId: `remove${n}`, parameters: [id], ...none }],
    ['get', `${base}/{id}/parts`, { operationId: `listParts${n}`, parameters: [id, ...page], ...many }],
    ['post', `${base}/{id}/parts`, { operationId: `addPart${n}`, parameters: [id], ...body, ...one(201) }],
    ['get', `${base}/{id}/parts/{part}`, { operationId: `getPart${n}`, parameters: [id, part], ...one() }],
    ['delete', `${base}/{id}/parts/{part}`, { operationId: `removePart${n}`, parameters: [id, part], ...none }],
  ] as [string, string, { operationId: string }][]
}
