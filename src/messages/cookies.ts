import type { QueryNames, QueryTexts } from './query.ts'

/**
 * The wanted cookies of a `Cookie` field (RFC 6265 section 5.4), by the slots of their names; raw texts. Of cookies with one
 * name the first counts (user agents send the more specific path first), unless the name is `repeated`.
 */
export function readCookies(header: string, names: QueryNames, repeated: ReadonlySet<number>): QueryTexts {
  const texts: QueryTexts = { slots: new Array(names.slots.size).fill(undefined), deep: [], rest: [] }
  for (const part of header.split(';')) {
    // `form` style exploded puts `name=a&name=b` into one cookie (OpenAPI 3.1.1 appendix D); a `&` elsewhere is data.
    const pieces = repeated.size > 0 && part.includes('&') ? explodedPieces(part, names, repeated) : [part]
    for (const piece of pieces) readCookie(piece, names, repeated, texts)
  }
  return texts
}

function readCookie(text: string, names: QueryNames, repeated: ReadonlySet<number>, texts: QueryTexts): void {
  const equals = text.indexOf('=')
  if (equals === -1) return
  const name = text.slice(0, equals).trim()
  const raw = unquote(text.slice(equals + 1).trim())
  const slot = names.slots.get(name)
  if (slot === undefined) {
    if (names.open) texts.rest.push([name, raw])
    return
  }
  const known = texts.slots[slot]
  if (known === undefined) texts.slots[slot] = raw
  else if (repeated.has(slot)) texts.slots[slot] = typeof known === 'string' ? [known, raw] : [...known, raw]
}

/** Only a piece that starts another wanted name ends the one before it. */
function explodedPieces(part: string, names: QueryNames, repeated: ReadonlySet<number>): string[] {
  const pieces: string[] = []
  for (const piece of part.split('&')) {
    const slot = names.slots.get(piece.slice(0, Math.max(0, piece.indexOf('='))).trim())
    if (pieces.length === 0 || (slot !== undefined && repeated.has(slot))) pieces.push(piece)
    else pieces[pieces.length - 1] += `&${piece}`
  }
  return pieces
}

/** A cookie value may stand in double quotes, which are not part of it (RFC 6265 section 4.1.1). */
function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}
