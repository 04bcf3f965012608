import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Diagnostics } from './diagnostics.ts'
import type { Located } from './document.ts'
import { createPositions } from './places.ts'
import { nearest } from './suggest.ts'

/** Variables of the project, beside those of its process. It holds secrets: no line of it is ever shown. */
export const environmentFile = '.env'

/** Beyond this a file is not read: no API description comes near it, and a mistaken path should not fill the memory. */
const maxBytes = 64 * 1024 * 1024

/**
 * The text of a file, without a byte order mark. What cannot be read as UTF-8 text is reported (at `from`, the value that
 * names the file, where there is one) and gives undefined.
 */
export function readSource(file: string, name: string, diagnostics: Diagnostics, from?: Located): string | undefined {
  const bytes = readBytes(file, name, diagnostics, from)
  if (bytes === undefined) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    reportEncoding(bytes, name, diagnostics)
    return undefined
  }
}

function readBytes(file: string, name: string, diagnostics: Diagnostics, from?: Located): Buffer | undefined {
  try {
    const stat = statSync(file)
    if (stat.isDirectory()) {
      diagnostics.error('not-a-file', from, `"${name}" is a directory, not a file`, 'Name the YAML or JSON file in it.')
    } else if (!stat.isFile()) {
      diagnostics.error('not-a-file', from, `"${name}" is not a regular file`)
    } else if (stat.size > maxBytes) {
      const size = Math.ceil(stat.size / 1024 / 1024)
      diagnostics.error(
        'file-too-large',
        from,
        `"${name}" has ${size} MiB; documents of up to ${maxBytes / 1024 / 1024} MiB are read`,
      )
    } else {
      return readFileSync(file)
    }
  } catch (error) {
    reportUnreadable(error, file, name, diagnostics, from)
  }
  return undefined
}

function reportUnreadable(error: unknown, file: string, name: string, diagnostics: Diagnostics, from?: Located): void {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const near = nearest(basename(file), filesBeside(file))
    const hints = [
      ...(near === undefined ? [] : [`Did you mean "${name.slice(0, -basename(file).length)}${near}"?`]),
      ...(from === undefined ? [] : ['The path is relative to the file that names it.']),
    ]
    diagnostics.error('missing-file', from, `the file "${name}" does not exist`, hints.join(' ') || undefined)
  } else if (code === 'EACCES' || code === 'EPERM') {
    diagnostics.error('unreadable-file', from, `the file "${name}" may not be read by this user (${code})`)
  } else {
    diagnostics.error('unreadable-file', from, `the file "${name}" cannot be read (${code})`)
  }
}

function filesBeside(file: string): string[] {
  try {
    const entries = readdirSync(dirname(file), { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  } catch {
    return []
  }
}

function reportEncoding(bytes: Buffer, name: string, diagnostics: Diagnostics): void {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  const text = bytes.toString('utf8')
  const offset = Math.max(0, text.indexOf('\ufffd'))
  const at = createPositions(name, text)({ start: offset, end: offset + 1 })
  const found = isUtf16 ? 'UTF-16' : 'not UTF-8'
  diagnostics.error('encoding', at, `the file is ${found}; documents are UTF-8`, 'Save it with the encoding UTF-8.')
}
