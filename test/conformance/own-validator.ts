import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { child, type Document, escapePointer, isObject, type Located } from '../../src/documents/document.ts'
import type { Documents } from '../../src/documents/documents.ts'
import { parseReference } from '../../src/documents/references.ts'

/**
 * A second opinion on responses: plain Ajv on the documents as they are written, with nothing of the gateway's schema compiler.
 * OpenAPI 3.0's few differences from JSON Schema 2020-12 are rewritten.
 */
export function createOwnValidator(documents: Documents): (schema: Located, value: unknown) => string | undefined {
  const ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    logger: false,
    unicodeRegExp: false,
    inlineRefs: false,
    code: { optimize: false },
  })
  addFormats.default(ajv)
  const added = new Set<Document>()

  function add(document: Document): void {
    if (added.has(document)) return
    added.add(document)
    const others = new Set<string>()
    const rewritten = rewrite({ document, pointer: '', value: document.value }, documents, others)
    ajv.addSchema({ $id: uriOf(document.file), ...(rewritten as object) })
    for (const file of others) {
      const other = documents.load(file)
      if (other !== undefined) add(other)
    }
  }

  return function judge({ document, pointer }, value) {
    add(document)
    const validate: ValidateFunction = ajv.compile({ $ref: `${uriOf(document.file)}#${encodeURI(pointer)}` })
    return validate(value) ? undefined : ajv.errorsText(validate.errors)
  }
}

const uriOf = (file: string) => `file://${encodeURI(file)}`
const maps = new Set(['properties', 'patternProperties', '$defs', 'definitions'])
const data = new Set(['example', 'examples', 'default'])
// Ajv knows `nullable` of old and refuses it without `type`; formats it does not know are no assertions.
const dropped = new Set(['nullable', 'discriminator', '$id'])

function rewrite(node: Located, documents: Documents, others: Set<string>, isMap = false): unknown {
  const { value, document, pointer } = node
  if (Array.isArray(value)) return value.map((_, index) => rewrite(child(node, index) as Located, documents, others))
  if (!isObject(value)) return value
  const isOld = String((document.value as { openapi?: unknown }).openapi).startsWith('3.0')
  const copy: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    if (!isMap && (data.has(key) || dropped.has(key))) continue
    const below = { document, pointer: `${pointer}/${escapePointer(key)}`, value: member }
    copy[key] = !isMap && key === 'enum' ? member : rewrite(below, documents, others, !isMap && maps.has(key))
  }
  return isMap ? copy : rewriteKeywords(copy, node as Located<Record<string, unknown>>, isOld, documents, others)
}

function rewriteKeywords(
  copy: Record<string, unknown>,
  node: Located<Record<string, unknown>>,
  isOld: boolean,
  documents: Documents,
  others: Set<string>,
): unknown {
  if (typeof copy.$ref === 'string') {
    const reference = parseReference(copy.$ref, node.document)
    if ('file' in reference && reference.file !== undefined) {
      others.add(reference.file)
      copy.$ref = `${uriOf(reference.file)}#${encodeURI(reference.fragment)}`
    }
    if (isOld) return { $ref: copy.$ref }
  }
  // What is only ever sent to the server is not missing in its answer.
  if (Array.isArray(copy.required)) copy.required = copy.required.filter((name: string) => !isWriteOnly(node, name, documents))
  else delete copy.required
  if (!isOld) return copy
  for (const [exclusive, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (copy[exclusive] === true) copy[exclusive] = copy[limit]
    if (typeof copy[exclusive] !== 'number') delete copy[exclusive]
  }
  return node.value.nullable === true ? { anyOf: [copy, { type: 'null' }] } : copy
}

function isWriteOnly(node: Located, name: string, documents: Documents): boolean {
  const property = documents.get(node, 'properties', name)
  return isObject(property?.value) && property.value.writeOnly === true
}
