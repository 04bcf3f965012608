import { child, isObject, type Located } from '../documents/document.ts'
import { arrayOf, type Expression, plain } from './expression.ts'
import { behindReferences, type Place } from './place.ts'

/** The type of a part of a multipart body that is a file, or a list of files; undefined for other parts. */
export function fileType(property: Located, place: Place): Expression | undefined {
  const schema = behindReferences(property, place)
  if (!isObject(schema.value)) return undefined
  const file = plain(place.view === 'receivedForm' ? 'UploadedFile' : 'Blob')
  if (isFile(schema.value)) return file
  const items = child(schema, 'items')
  const item = items && behindReferences(items, place).value
  return isObject(item) && isFile(item) ? arrayOf(file) : undefined
}

/** `format: binary` (OpenAPI 3.0 section 4.7.14.2), or a media type of text that is not encoded (OpenAPI 3.1 section 4.8.14.3). */
function isFile({ format, contentMediaType, contentEncoding }: Record<string, unknown>): boolean {
  return (
    format === 'binary' ||
    (typeof contentMediaType === 'string' && contentEncoding === undefined && !/json/.test(contentMediaType))
  )
}
