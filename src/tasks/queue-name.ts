import { createHash } from 'node:crypto'

/** The queue of an operation: its id, where pg-boss takes that for a name, else what can be kept of it and a hash. */
export function queueName(operationId: string): string {
  if (/^[\w.-]{1,60}$/.test(operationId)) return operationId
  const hash = createHash('sha256').update(operationId).digest('hex').slice(0, 12)
  return `${operationId.replace(/[^\w.-]+/g, '_').slice(0, 40)}.${hash}`
}
