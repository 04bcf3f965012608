/** A media type or range as a message or a document names it (RFC 9110 sections 8.3.1 and 12.5.1); all in lower case but parameter values. */
export interface MediaRange {
  readonly type: string
  readonly subtype: string
  /** `type/subtype`. */
  readonly essence: string
  /** The structured syntax suffix (RFC 6839) without `+`; undefined without one. */
  readonly suffix: string | undefined
  readonly parameters: ReadonlyMap<string, string>
}

const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i

/** Parses `type/subtype; name=value; name="quoted"`; undefined when it is none. */
export function parseMediaType(text: string): MediaRange | undefined {
  const [head, ...rest] = splitOutsideQuotes(text, ';')
  const essence = (head as string).trim().toLowerCase()
  const slash = essence.indexOf('/')
  const type = essence.slice(0, slash)
  const subtype = essence.slice(slash + 1)
  if (slash < 1 || !token.test(type) || !token.test(subtype)) return undefined
  const parameters = new Map<string, string>()
  for (const part of rest) {
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(0, equals)).trim().toLowerCase()
    if (equals < 1 || !token.test(name)) {
      if (part.trim() === '') continue
      return undefined
    }
    if (!parameters.has(name)) parameters.set(name, unquote(part.slice(equals + 1).trim()))
  }
  const plus = subtype.lastIndexOf('+')
  return { type, subtype, essence, suffix: plus === -1 ? undefined : subtype.slice(plus + 1), parameters }
}

/** Splits at a delimiter that does not stand in a quoted string (RFC 9110 section 5.6.4). */
export function splitOutsideQuotes(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter)
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && quoted) i++
    else if (text[i] === '"') quoted = !quoted
    else if (text[i] === delimiter && !quoted) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
}

/**
 * How closely a declared range fits a media type; 0 for not at all. From closest: the same type with all parameters of the
 * range, the same type, a range of its suffix (`application/json` or `application/*+json` for `application/x+json`),
 * `type/*`, any. `charset` never decides: it says how the text is encoded, not what it is.
 */
export function fit(range: MediaRange, actual: MediaRange): number {
  const named = [...range.parameters].filter(([name]) => name !== 'charset' && name !== 'q')
  const held = named.every(([name, value]) => actual.parameters.get(name)?.toLowerCase() === value.toLowerCase())
  if (!held) return 0
  if (range.essence === actual.essence) return 100 + named.length
  if (actual.suffix !== undefined && range.type === actual.type) {
    if (range.subtype === `*+${actual.suffix}`) return 50
    if (range.subtype === actual.suffix) return 40
  }
  if (range.subtype !== '*') return 0
  if (range.type === actual.type) return 20
  return range.type === '*' ? 10 : 0
}

/** True for `application/json`, `text/json` and every `+json` type. */
export function isJson(range: string | MediaRange): boolean {
  const media = typeof range === 'string' ? parseMediaType(range) : range
  return media !== undefined && (media.subtype === 'json' || media.suffix === 'json')
}

/** True for types whose content is text in a charset. */
export function isText(media: MediaRange): boolean {
  return (
    media.type === 'text' ||
    media.subtype === 'xml' ||
    media.suffix === 'xml' ||
    media.subtype === 'yaml' ||
    media.suffix === 'yaml'
  )
}
