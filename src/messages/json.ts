import { type Problem, problem } from '../errors.ts'

/** How deep JSON may nest: far beyond any real document, and far below what would overflow a recursive function's stack. */
export const maxNesting = 512

/** Parses a JSON body (RFC 8259): any value, of keys given twice the last counts. Refuses malformed and extremely nested text. */
export function parseJson(text: string): { readonly value: unknown } | Problem {
  if (nestsTooDeep(text)) return problem('malformed_request', { detail: `The body nests deeper than ${maxNesting} levels.` })
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return problem('malformed_request', { detail: `The body is not valid JSON${placeOf(error)}.` })
  }
}

/** Whether an object in valid JSON has a name twice: there are more names in the text than in its value. */
export function repeatsNames(text: string, value: unknown): boolean {
  return namesInText(text) > namesInValue(value)
}

/** Outside of texts a colon stands behind each name and nowhere else. */
function namesInText(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 58) count++
    else if (code === 34) i = endOfText(text, i)
  }
  return count
}

function endOfText(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text.charCodeAt(at - 1 - slashes) === 92) slashes++
  return slashes % 2 === 1
}

function namesInValue(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const members = Object.values(value)
  let count = Array.isArray(value) ? 0 : members.length
  for (const member of members) count += namesInValue(member)
  return count
}

/** V8 says the position in its message; the rest of the message quotes the body and is not passed on. */
function placeOf(error: unknown): string {
  const found = error instanceof SyntaxError ? /at position \d+(?: \(line \d+ column \d+\))?/.exec(error.message) : null
  return found === null ? '' : ` ${found[0]}`
}

/** Whether JSON nests deeper than `maxNesting`. */
export function nestsTooDeep(text: string): boolean {
  // Valid JSON closes what it opens, so short text needs no look.
  if (text.length <= 2 * maxNesting) return false
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 92) i++
      else if (code === 34) quoted = false
    } else if (code === 34) quoted = true
    else if (code === 123 || code === 91) {
      if (++depth > maxNesting) return true
    } else if (code === 125 || code === 93) depth--
  }
  return false
}
