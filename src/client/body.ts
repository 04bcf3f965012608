import { isObject } from './parameters.ts'

/** A body as `fetch` takes it, and its `Content-Type` where that does not follow from it. */
export interface WrittenBody {
  readonly content: NonNullable<RequestInit['body']>
  readonly type: string | undefined
}

/** Writes a body in a media type: JSON, a form, `multipart/form-data`; anything else is sent as it is. */
export function writeBody(body: unknown, mediaType: string): WrittenBody {
  if (isJson(mediaType)) return { content: JSON.stringify(body), type: mediaType }
  if (mediaType === 'multipart/form-data') return { content: fill(new FormData(), body), type: undefined }
  if (mediaType === 'application/x-www-form-urlencoded') return { content: fill(new URLSearchParams(), body), type: mediaType }
  return { content: body as WrittenBody['content'], type: mediaType }
}

/** One field for each member, one for each item of a list; objects are JSON (OpenAPI 3.1 section 4.8.15, default of `contentType`). */
function fill<Form extends FormData | URLSearchParams>(form: Form, body: unknown): Form {
  for (const [name, value] of Object.entries(body ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one instanceof Blob && form instanceof FormData) form.append(name, one)
      else if (one !== undefined) form.append(name, isObject(one) ? JSON.stringify(one) : String(one))
    }
  }
  return form
}

/** An answer's body: JSON and text as what they are, anything else as a `Blob`; undefined when there is none. */
export async function readBody(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!isJson(type) && !/^text\/|[/+]xml$/.test(type)) {
    const blob = await response.blob()
    return blob.size === 0 ? undefined : blob
  }
  const text = await response.text()
  if (!isJson(type)) return text
  return text === '' ? undefined : JSON.parse(text)
}

function isJson(mediaType: string): boolean {
  return /[/+]json\b/.test(mediaType)
}
