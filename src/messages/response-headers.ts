import type { Reply } from '../context.ts'
import type { ValidationError } from '../errors.ts'
import type { Operation, ResponseDefinition } from '../model/operation.ts'
import { securityHeaderNames } from '../policies/security-headers.ts'
import { compileParameter, type MessageTools } from './parameter.ts'
import { asIs } from './percent.ts'
import { bareRecord } from './record.ts'
import { simpleStyle } from './styles.ts'

/** Says what is wrong with a reply's headers. */
export type CheckHeaders = (reply: Reply) => ValidationError[] | undefined

/** Checks the declared headers of a response (OpenAPI 3.1 section 4.8.21): presence, style, schema. Undefined when there are none. */
export function compileResponseHeaders(
  response: ResponseDefinition,
  operation: Operation,
  tools: MessageTools,
): CheckHeaders | undefined {
  const headers = response.headers.map((header) => {
    const { shape, parse, settle } = compileParameter(header, 'response', operation, tools, 'response')
    const read =
      parse === undefined ? simpleStyle(shape, header.explode, (text) => text.trim()) : (raw: string) => parse(raw, asIs)
    return { field: header.name.toLowerCase(), read, settle }
  })
  if (headers.length === 0) return undefined

  return function checkHeaders(reply) {
    const values = bareRecord()
    let errors: ValidationError[] | undefined
    for (const { field, read, settle } of headers) {
      const sent = reply.headers !== undefined && Object.hasOwn(reply.headers, field) ? reply.headers[field] : undefined
      if (sent === undefined && isAdded(field)) continue
      errors = settle(sent === undefined ? undefined : read(String(sent)), values, errors)
    }
    return errors
  }
}

/** Headers that the gateway adds to replies behind this check. */
const added = new Set([
  ...Object.values(securityHeaderNames),
  'content-length',
  'date',
  'ratelimit',
  'ratelimit-policy',
  'vary',
  'x-request-id',
])

function isAdded(field: string): boolean {
  return added.has(field) || field.startsWith('access-control-')
}
