import { child, members } from '../documents/document.ts'
import type { Operation } from '../model/operation.ts'
import type { Rule } from './review.ts'

/** Operations whose success nobody has described: what they answer is checked against nothing. */
export const reviewResponses: Rule = ({ operations, documents, diagnostics }) => {
  for (const operation of operations) {
    const { id, node, target } = operation
    // As written: one that refers to nothing is declared all the same.
    const statuses = members(documents.get(node, 'responses')).map(([status]) => status)
    const at = child(node, 'responses') ?? node
    if (!statuses.some(isSuccess)) {
      const hint = `Describe it under responses, for example: "200": { description: … }`
      diagnostics.warning('no-success-response', keyOf(operation), `operation '${id}' declares no response for success`, hint)
    } else if (target === 'task' && !statuses.some((status) => /^(200|2xx|default)$/i.test(status))) {
      const message = `operation '${id}' is a task without a 200 response, so its result is checked against nothing`
      diagnostics.warning('task-without-result', at, message, 'A 202 is added by itself; the 200 describes the finished result.')
    }
  }
}

function isSuccess(status: string): boolean {
  return /^[123]/.test(status) || status === 'default'
}

/** The key `responses`, or the operation's own: their values are long. */
function keyOf({ node, document }: Operation) {
  const responses = child(node, 'responses') ?? node
  return (responses.document ?? document).locate(responses.pointer, 'key')
}
