import { child, type Located } from '../documents/document.ts'
import { isJson, isText, type MediaRange, parseMediaType } from '../messages/media-type.ts'
import { shapeOf } from '../messages/shape.ts'
import type { MediaType } from '../model/operation.ts'
import type { SchemaCompiler } from '../schemas/compiler.ts'
import type { Rule } from './review.ts'

/** Bodies whose schemas are checked by nobody. */
export const reviewMediaTypes: Rule = ({ operations, schemas, diagnostics }) => {
  const seen = new Set<unknown>()

  function review(content: readonly MediaType[], what: string): void {
    for (const declared of content) {
      if (seen.has(declared.node.value)) continue
      seen.add(declared.node.value)
      const media = parseMediaType(declared.range)
      if (media !== undefined && isUnchecked(declared, media, schemas)) {
        const message = `the schema of ${what} is not checked: ${declared.range} is passed on as it is`
        diagnostics.warning('unchecked-body', keyOf(declared), message, 'Checked are JSON, forms, multipart/form-data and text.')
      }
    }
  }

  for (const { id, body, responses } of operations) {
    if (body !== undefined) review(body.content, `the request body of '${id}'`)
    for (const { status, content } of responses) review(content, `the response ${status} of '${id}'`)
  }
}

function keyOf({ node }: MediaType) {
  return node.document.locate(node.pointer, 'key')
}

/** A schema of text or bytes says nothing that the media type does not; one of objects and lists does. */
function isUnchecked(declared: MediaType, media: MediaRange, schemas: SchemaCompiler): boolean {
  if (child(declared.node, 'itemSchema') !== undefined) return true
  if (media.subtype.startsWith('*') || isJson(media)) return false
  if (media.essence === 'application/x-www-form-urlencoded' || media.essence === 'multipart/form-data') return false
  return declared.schema !== undefined && saysMore(declared.schema, isText(media), schemas)
}

function saysMore(schema: Located, text: boolean, schemas: SchemaCompiler): boolean {
  const { scalars, array, object } = shapeOf(schema, schemas)
  return text ? !scalars.includes('string') : array || object
}
