import type { RequestContext } from '../context.ts'
import { escapePointer } from '../documents/document.ts'
import { Problem } from '../errors.ts'
import type { MediaType } from '../model/operation.ts'
import { coerce, type TextTree } from './coerce.ts'
import { fileFields } from './file-fields.ts'
import { asJson, type Encoding, encodingOf, jsonTexts } from './form.ts'
import { lazy } from './lazy.ts'
import { isJson } from './media-type.ts'
import { type Part, readMultipart } from './multipart-reader.ts'
import type { MessageTools } from './parameter.ts'
import { asIs } from './percent.ts'
import type { BodyLimits } from './read-bytes.ts'
import { bareRecord } from './record.ts'
import { type Shape, shapeOf } from './shape.ts'
import { delimitedName, delimitedStyle, Misfit } from './styles.ts'
import type { UploadedFile } from './uploaded-file.ts'

/** A decoded form with files. For the validator a file stands as an empty text; `files` says where they belong. */
export interface MultipartForm {
  readonly value: Record<string, unknown>
  readonly files: readonly { readonly name: string; readonly index: number | undefined; readonly file: UploadedFile }[]
}

/** The decoder of `multipart/form-data` bodies by schema and `encoding` (OpenAPI 3.1 section 4.8.15). */
export function compileMultipart(media: MediaType, tools: MessageTools, limits: BodyLimits) {
  const shape = shapeOf(media.schema, tools.schemas)
  const encodings = new Map<string, Encoding>(shape.names.map((name) => [name, encodingOf(media, name, tools)]))

  const files = lazy(() => fileFields(media.schema, tools.schemas))

  function isText(name: string, mediaType: string): boolean {
    const property = shape.property(name)
    const item = property.array ? property.item(0) : property
    return isJson(mediaType) && item.object && !item.scalars.includes('string')
  }

  const kinds = { isText, isFile: (name: string) => files().has(name) }

  function joinParts(name: string, parts: readonly Part[]): unknown {
    const property = shape.property(name)
    const texts = parts.map((part) => ('file' in part ? '' : part.text))
    const encoding = encodings.get(name)
    const json =
      parts.some((part) => 'text' in part && isJson(part.mediaType)) || (encoding !== undefined && asJson(encoding, property))
    if (json && !parts.some((part) => 'file' in part)) return jsonTexts(texts, property)
    return coerce(texts.length === 1 ? styled(texts[0] as string, encoding, property) : texts, property)
  }

  return async function decodeMultipart(context: RequestContext): Promise<MultipartForm | Problem> {
    const parts = await readMultipart(context, limits, kinds)
    if (parts instanceof Problem) return parts
    const value = bareRecord()
    const files: { name: string; index: number | undefined; file: UploadedFile }[] = []
    for (const [name, own] of Map.groupBy(parts, (part) => part.name)) {
      value[name] = joinParts(name, own)
      for (const [index, part] of own.entries()) {
        if ('file' in part) files.push({ name, index: Array.isArray(value[name]) ? index : undefined, file: part.file })
      }
    }
    return { value, files }
  }
}

/** A part's text by the style that is declared for it; parts are not percent-encoded (RFC 7578 section 2). */
function styled(text: string, encoding: Encoding | undefined, shape: Shape): TextTree {
  if (encoding === undefined || !encoding.declared || encoding.explode || encoding.contentType !== undefined) return text
  const tree = delimitedStyle(delimitedName(encoding.style), shape, asIs)(text)
  return tree instanceof Misfit ? text : tree
}

/** Pointers at which the empty text stands for a file that its schema lets be text; what the validator says there does not count. */
export function filePointers(form: MultipartForm, shape: Shape): Set<string> {
  const pointers = new Set<string>()
  for (const { name, index } of form.files) {
    const property = shape.property(name)
    const place = index === undefined ? property : property.item(index)
    if (place.scalars.includes('string')) pointers.add(`/${escapePointer(name)}${index === undefined ? '' : `/${index}`}`)
  }
  return pointers
}

/** Puts the files where they belong; defaults that the validator filled in stay. */
export function placeFiles(form: MultipartForm): Record<string, unknown> {
  for (const { name, index, file } of form.files) {
    if (index === undefined) form.value[name] = file
    else (form.value[name] as unknown[])[index] = file
  }
  return form.value
}
