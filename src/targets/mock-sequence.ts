import { isObject } from '../documents/document.ts'
import type { MediaRange } from '../messages/media-type.ts'

/** Writes a list of items as a sequential media type has them (OpenAPI 3.2, `itemSchema`); undefined for other media types. */
export function sequenceWriter(media: MediaRange): ((items: readonly unknown[]) => Buffer) | undefined {
  const write = writers.get(media.suffix ?? media.subtype)
  return write && ((items) => Buffer.from(items.map(write).join('')))
}

const line = (item: unknown) => `${JSON.stringify(item)}\n`

const writers: ReadonlyMap<string, (item: unknown) => string> = new Map([
  ['jsonl', line],
  ['jsonlines', line],
  ['x-jsonlines', line],
  ['ndjson', line],
  ['x-ndjson', line],
  // RFC 7464 section 2.2
  ['json-seq', (item: unknown) => `\u001e${line(item)}`],
  ['event-stream', event],
])

/** One server-sent event; an item that is no object is its data. */
function event(item: unknown): string {
  const { data, ...fields } = isObject(item) ? item : { data: item }
  const lines = ['event', 'id', 'retry'].flatMap((name) => (fields[name] === undefined ? [] : [`${name}: ${fields[name]}`]))
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  if (text !== undefined) lines.push(...text.split('\n').map((part) => `data: ${part}`))
  return `${lines.join('\n')}\n\n`
}
