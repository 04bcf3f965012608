import { isObject } from '../documents/document.ts'
import { assembleConfigSchema, type ConfigRegistry } from './assemble.ts'
import type { SchemaNode } from './defaults.ts'
import { describe } from './words.ts'

interface Row {
  key: string
  type: string
  preset: string
  description: string
}

/** The reference of all keys of gateway.yaml: a Markdown table for each section. */
export function configReference(registry: ConfigRegistry): string {
  const { properties = {} } = assembleConfigSchema(registry)
  const plain: Row[] = []
  const sections: string[] = []
  for (const [name, schema] of Object.entries(properties)) {
    const rows = rowsOf(name, name === 'operations' ? withoutShared(schema, properties.defaults) : schema)
    if (!rows.some(({ key }) => key.startsWith(`${name}.`))) plain.push(...rows)
    else sections.push(`## \`${name}\`\n\n${rows[0]?.description}\n\n${table(rows.slice(1))}`)
  }
  return ['# Keys of gateway.yaml', table(plain), ...sections].join('\n\n').concat('\n')
}

/** The keys that only operations have: all others stand under `defaults` already. */
function withoutShared(operations: SchemaNode, defaults: SchemaNode | undefined): SchemaNode {
  const operation = operations.additionalProperties as SchemaNode
  const own = Object.entries(operation.properties ?? {}).filter(([key]) => !Object.hasOwn(defaults?.properties ?? {}, key))
  const description = `${operations.description} Everything that may stand under \`defaults\` may stand here too, and besides:`
  return { ...operations, description, additionalProperties: { ...operation, properties: Object.fromEntries(own) } }
}

/** A key and everything below it. */
function rowsOf(key: string, schema: SchemaNode): Row[] {
  const own = { key, type: typeOf(schema), preset: presetOf(schema), description: schema.description ?? '' }
  const branches = [schema, ...(schema.anyOf ?? [])]
  const below = branches.flatMap((branch) => [
    ...Object.entries(branch.properties ?? {}).flatMap(([name, member]) => rowsOf(`${key}.${name}`, member)),
    ...namedRows(key, branch),
    ...(branch.items?.properties ? rowsOf(`${key}[]`, branch.items).slice(1) : []),
  ])
  return [own, ...below]
}

/** The rows of an object whose keys are names of the user's own. */
function namedRows(key: string, schema: SchemaNode): Row[] {
  const [pattern] = Object.values(schema.patternProperties ?? {})
  const member = pattern ?? (isObject(schema.additionalProperties) ? schema.additionalProperties : undefined)
  return member?.properties ? rowsOf(`${key}.<name>`, member).slice(1) : []
}

function typeOf(schema: SchemaNode): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(', or ')
  if (schema.type === 'array' && schema.items) return `list of ${itemWords(schema.items)}`
  return typeof schema.pattern === 'string' && schema.examples === undefined ? 'text' : describe(schema)
}

function itemWords(items: SchemaNode): string {
  return items.type === 'object' ? 'objects' : typeOf(items)
}

function presetOf({ default: preset }: SchemaNode): string {
  if (preset === undefined || isObject(preset)) return ''
  return `\`${JSON.stringify(preset)}\``
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ key, type, preset, description }) => `| \`${key}\` | ${cell(type)} | ${cell(preset)} | ${cell(description)} |`,
  )
  return ['| key | value | default | what |', '|---|---|---|---|', ...lines].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
