/** Judges descriptions by the official JSON Schemas of OpenAPI and AsyncAPI. */
import specifications from '@asyncapi/specs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'

/** What is wrong with an OpenAPI document of its version; empty when nothing is. */
export async function openApiErrors(document: Record<string, unknown>): Promise<string> {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document))
  const dead = valid ? deadReferences(document) : []
  return valid ? dead.join(', ') : JSON.stringify(errors)
}

const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }))
let asyncApi: ValidateFunction | undefined

/** What is wrong with an AsyncAPI 3 document; empty when nothing is. */
export function asyncApiErrors(document: Record<string, unknown>): string {
  asyncApi ??= ajv.compile(specifications.schemasWithoutId['3.0.0'] as object)
  return asyncApi(document) ? deadReferences(document).join(', ') : JSON.stringify(asyncApi.errors)
}

/** What is wrong with a payload as an AsyncAPI document describes the message; empty when nothing is. */
export function payloadErrors(document: Record<string, any>, message: string, payload: unknown): string {
  const { payload: schema } = document.components.messages[message]
  const validate = ajv.compile({ ...schema, components: document.components })
  return validate(payload) ? '' : JSON.stringify(validate.errors)
}

/** References within a document that lead nowhere. */
function deadReferences(document: Record<string, unknown>): string[] {
  const dead: string[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { $ref } = value as { $ref?: unknown }
    if (typeof $ref === 'string' && !leads(document, $ref)) dead.push($ref)
    for (const member of Object.values(value)) visit(member)
  }
  visit(document)
  return dead
}

function leads(document: Record<string, unknown>, reference: string): boolean {
  if (!reference.startsWith('#/')) return false
  const tokens = decodeURIComponent(reference.slice(2)).split('/')
  const target = tokens.reduce<unknown>(
    (node, token) => (node as Record<string, unknown> | undefined)?.[token.replaceAll('~1', '/').replaceAll('~0', '~')],
    document,
  )
  return target !== undefined
}
