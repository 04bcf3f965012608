import { parseMediaType } from '../messages/media-type.ts'
import type { Diagnostics } from './diagnostics.ts'
import { child, isObject, type Located, members } from './document.ts'
import type { Documents } from './documents.ts'
import { named } from './named.ts'
import { checkFlag, placeOf } from './openapi-value.ts'
import { wrongReference } from './references.ts'

/** Checks that an operation's request body is described as it is meant: bodies whose description cannot be read go unchecked. */
export function checkBody(operation: string, node: Located, documents: Documents, diagnostics: Diagnostics): void {
  const body = documents.get(node, 'requestBody')
  // A `$ref` that is no text is reported where references are checked.
  if (body === undefined || wrongReference(body) !== undefined) return
  if (!isObject(body.value)) {
    const message = `the request body of ${operation} must be an object, not ${named(body.value)}`
    diagnostics.error('wrong-type', placeOf(body), message)
    return
  }
  const what = 'a request body'
  checkFlag(body, 'required', what, true, diagnostics)
  const content = documents.get(body, 'content')
  if (content === undefined || isEmpty(content)) reportNoContent(body, diagnostics)
  else checkContent(what, body, 'error', documents, diagnostics)
}

function isEmpty({ value }: Located): boolean {
  return isObject(value) && Object.keys(value).length === 0
}

/** A schema beside `content` is meant to be checked; a body that is not described at all may be meant. */
function reportNoContent(body: Located, diagnostics: Diagnostics): void {
  const schema = child(body, 'schema')
  const message = 'a request body has no "content", so bodies of any kind are accepted unchecked'
  const hint = 'Name its media type: content: { application/json: { schema: … } }'
  const at = schema?.document.locate(schema.pointer, 'key')
  diagnostics[schema === undefined ? 'warning' : 'error']('missing-key', at ?? body, message, hint)
}

/**
 * Checks the `content` of a parameter, a request body or a response. A key that is no media type is ignored, which is a warning; `whenNone`:
 * how bad it is when that leaves none.
 */
export function checkContent(
  what: string,
  holder: Located,
  whenNone: 'error' | 'warning',
  documents: Documents,
  diagnostics: Diagnostics,
): void {
  const content = documents.get(holder, 'content')
  if (content === undefined || wrongReference(content) !== undefined) return
  if (!isObject(content.value)) {
    const message = `"content" of ${what} must be an object of media types, not ${named(content.value)}`
    diagnostics.error('wrong-type', placeOf(content), message, 'content: { application/json: { schema: … } }')
    return
  }
  const ranges = members(content)
  const wrong = ranges.filter(([range]) => parseMediaType(range) === undefined)
  const severity = wrong.length < ranges.length ? 'warning' : whenNone
  for (const [range, { document, pointer }] of wrong) {
    const message = `"${range}" of ${what} is no media type`
    const hint = 'One is written type/subtype, for example application/json.'
    diagnostics[severity]('invalid-media-type', document.locate(pointer, 'key'), message, hint)
  }
}
