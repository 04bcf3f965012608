import type { Method } from './operation.ts'

/**
 * The name of an operation without `operationId`, from its method and path: `GET /users/{id}/posts` is `getUsersByIdPosts`.
 * It depends on nothing else, so it stays the same when other operations come and go.
 */
export function deriveOperationId(method: Method, path: string): string {
  const words = path
    .split('/')
    .flatMap((segment) => segment.split(/(\{[^{}]*\})/))
    .flatMap((part) => (part.startsWith('{') ? ['by', ...wordsOf(part)] : wordsOf(part)))
  return method.toLowerCase() + (words.length === 0 ? 'Root' : words.map(capitalise).join(''))
}

/** The export that a handler of this operation has when the `operationId` is no identifier: `users/list-all` → `usersListAll`. */
export function handlerName(operationId: string): string {
  const [first = '', ...rest] = wordsOf(operationId)
  return first + rest.map(capitalise).join('')
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_$]+/gu) ?? []
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
