import type { QueryNames, QueryTexts } from './query.ts'

/** How the cookies of some slots are read. */
export interface CookieRules {
  /** Slots whose cookie may come several times: items of a list, properties of an object. */
  readonly repeated: ReadonlySet<number>
  /** Slots whose text is passed on unchanged (style `cookie`, OpenAPI 3.2). */
  readonly verbatim: ReadonlySet<number>
}

/**
 * The wanted cookies of a `Cookie` field (RFC 6265 section 5.4), by the slots of their names; raw texts. Of cookies with one
 * name the first counts (user agents send the more specific path first), unless the name is `repeated`.
 */
export function readCookies(header: string, names: QueryNames, rules: CookieRules): QueryTexts {
  const texts: QueryTexts = { slots: new Array(names.slots.size).fill(undefined), deep: [], rest: [] }
  for (const part of header.split(';')) {
    // `form` style exploded puts `name=a&name=b` into one cookie (OpenAPI 3.1.1 appendix D); a `&` elsewhere is data.
    const pieces = rules.repeated.size > 0 && part.includes('&') ? explodedPieces(part, names, rules.repeated) : [part]
    for (const piece of pieces) readCookie(piece, names, rules, texts)
  }
  return texts
}

function readCookie(text: string, names: QueryNames, rules: CookieRules, texts: QueryTexts): void {
  const equals = text.indexOf('=')
  if (equals === -1) return
  const name = text.slice(0, equals).trim()
  const written = text.slice(equals + 1).trim()
  const slot = names.slots.get(name)
  const raw = slot !== undefined && rules.verbatim.has(slot) ? written : unquote(written)
  if (slot === undefined) {
    if (names.open) texts.rest.push([name, raw])
    return
  }
  const known = texts.slots[slot]
  if (known === undefined) texts.slots[slot] = raw
  else if (rules.repeated.has(slot)) texts.slots[slot] = typeof known === 'string' ? [known, raw] : [...known, raw]
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
