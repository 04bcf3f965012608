import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

/** A file that came in a multipart body; it lies on disk until the response has ended. */
export class UploadedFile {
  /** The name that the client gave, without directories; undefined when it gave none. */
  readonly filename: string | undefined
  /** The media type that the client gave, without parameters. */
  readonly mediaType: string
  /** In bytes. */
  readonly size: number
  /** Where it lies. */
  readonly path: string

  constructor(filename: string | undefined, mediaType: string, size: number, path: string) {
    this.filename = filename
    this.mediaType = mediaType
    this.size = size
    this.path = path
  }

  stream(): Readable {
    return createReadStream(this.path)
  }

  /** How it appears in JSON and logs: the path is the server's own affair. */
  toJSON(): object {
    return { filename: this.filename, mediaType: this.mediaType, size: this.size }
  }
}
