import { child, isObject, type Located } from '../documents/document.ts'
import { isFileSchema } from '../messages/file-fields.ts'
import { arrayOf, type Expression, plain } from './expression.ts'
import { behindReferences, type Place } from './place.ts'

/** The type of a part of a multipart body that is a file, or a list of files; undefined for other parts. */
export function fileType(property: Located, place: Place): Expression | undefined {
  const schema = behindReferences(property, place)
  if (!isObject(schema.value)) return undefined
  const file = plain(place.view === 'receivedForm' ? 'UploadedFile' : 'Blob')
  if (isFileSchema(schema.value)) return file
  const items = child(schema, 'items')
  const item = items && behindReferences(items, place).value
  return isFileSchema(item) ? arrayOf(file) : undefined
}
