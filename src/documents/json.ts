import type { FindPlace, Place, Span } from './places.ts'

/** One member of an object or element of an array, as it stands in the text. */
interface Entry {
  name: string
  key?: Span
  value: Span
}

const quote = 0x22
const colon = 0x3a

/**
 * Finds places in JSON text that is known to be well-formed. Nothing is scanned before the first question, and then only
 * the containers on the way to what is asked for, each once: reading a large document costs no more than `JSON.parse`.
 */
export function jsonPlaces(text: string): FindPlace {
  const indexed = new Map<number, Map<string, Entry>>()
  let root: Place | undefined
  const index = (start: number): Map<string, Entry> => {
    let entries = indexed.get(start)
    if (entries === undefined) {
      // The last of equal keys wins, as in JSON.parse.
      entries = new Map(scanEntries(text, start).map((entry) => [entry.name, entry]))
      indexed.set(start, entries)
    }
    return entries
  }
  return (tokens) => {
    root ??= rootPlace(text)
    let place = root
    for (const token of tokens) {
      const entry = index(place.value.start).get(token)
      if (entry === undefined) break
      place = entry
    }
    return place
  }
}

function rootPlace(text: string): Place {
  const start = skipSpace(text, 0)
  return { value: { start, end: skipValue(text, start) } }
}

/** How many object members the text of a well-formed JSON document has, duplicates included. */
export function countMembers(text: string): number {
  let count = 0
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at)) {
    at = skipSpace(text, skipString(text, at))
    if (text.charCodeAt(at) === colon) count++
  }
  return count
}

/** Keys that stand twice in one object of well-formed JSON text: the later key's place and its name. */
export function findDuplicates(text: string): { name: string; key: Span }[] {
  const found: { name: string; key: Span }[] = []
  const pending = [skipSpace(text, 0)]
  while (pending.length > 0) {
    const names = new Set<string>()
    for (const { name, key, value } of scanEntries(text, pending.pop() as number)) {
      if (key !== undefined && names.has(name)) found.push({ name, key })
      names.add(name)
      const first = text[value.start]
      if (first === '{' || first === '[') pending.push(value.start)
    }
  }
  return found
}

function scanEntries(text: string, start: number): Entry[] {
  const opening = text[start]
  if (opening !== '{' && opening !== '[') return []
  const entries: Entry[] = []
  let at = skipSpace(text, start + 1)
  while (at < text.length && text[at] !== '}' && text[at] !== ']') {
    const entry = opening === '{' ? scanMember(text, at) : scanElement(text, at, entries.length)
    entries.push(entry)
    at = skipSpace(text, entry.value.end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return entries
}

function scanMember(text: string, start: number): Entry {
  const end = skipString(text, start)
  const valueStart = skipSpace(text, skipSpace(text, end) + 1)
  const name = JSON.parse(text.slice(start, end)) as string
  return { name, key: { start, end }, value: { start: valueStart, end: skipValue(text, valueStart) } }
}

function scanElement(text: string, start: number, index: number): Entry {
  return { name: String(index), value: { start, end: skipValue(text, start) } }
}

function skipSpace(text: string, start: number): number {
  let at = start
  for (let code = text.charCodeAt(at); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; ) {
    code = text.charCodeAt(++at)
  }
  return at
}

/** The offset after the string that starts here. */
function skipString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end + 1
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text[at - 1 - slashes] === '\\') slashes++
  return slashes % 2 === 1
}

/** The offset after the value that starts here. */
function skipValue(text: string, start: number): number {
  let depth = 0
  let at = start
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = skipString(text, at)
    } else if (code === 0x7b || code === 0x5b) {
      depth++
      at++
    } else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return at
      depth--
      at++
    } else if (depth === 0) {
      return skipLiteral(text, at)
    } else {
      at++
    }
    if (depth === 0) return at
  }
  return at
}

function skipLiteral(text: string, start: number): number {
  let at = start
  while (at < text.length && !',]} \n\r\t'.includes(text[at] as string)) at++
  return at
}
