import type { RequestContext } from '../context.ts'
import { type Problem, problem } from '../errors.ts'
import { encodeBytes } from './percent.ts'

/** The path of the request to the upstream; a refusal where a value would lead out of the operation's own place. */
export type UpstreamPath = (context: RequestContext) => string | Problem

const escaping = problem('malformed_request', {
  detail: 'A value in the path is not decodable, empty, or leads to another path.',
})

/**
 * Compiles a path template of an upstream. `own` is the template of the operation, whose values the router gives in its order;
 * names the variables that it lacks. Values keep the encoding that they were sent with, so that styles (`a,b`, `;x=1`) and encoded slashes
 * arrive as they are; what no path may hold (RFC 3986 section 3.3) is encoded.
 */
export function compilePath(prefix: string, template: string, own: string): { unknown: readonly string[]; expand: UpstreamPath } {
  const known = variablesOf(own)
  const unknown = variablesOf(template).filter((name) => !known.includes(name))
  const texts = template.split(variable).filter((_text, index) => index % 2 === 0)
  const indices = variablesOf(template).map((name) => known.indexOf(name))
  const head = prefix + encodePath(texts[0] as string)
  const tails = texts.slice(1).map(encodePath)
  if (indices.length === 0) return { unknown, expand: () => head }

  function expand({ pathValues }: RequestContext): string | Problem {
    let path = head
    for (let i = 0; i < indices.length; i++) {
      const value = pathValues[indices[i] as number]
      if (value === undefined || value === '') return escaping
      path += encodeBytes(value) + tails[i]
    }
    return isPlain(path) || !leadsAstray(path) ? path : escaping
  }

  return { unknown, expand }
}

/** Whether a template's own text leads to another path than it says. */
export function climbs(template: string): boolean {
  return leadsAstray(template.replaceAll(variable, 'x'))
}

const variable = /\{([^{}]*)\}/g

function variablesOf(template: string): string[] {
  return [...template.matchAll(variable)].map(([, name]) => name as string)
}

function encodePath(text: string): string {
  return text.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@%/]/gu, encodeURIComponent)
}

/** Most paths: nothing is encoded, and no segment begins with a dot. */
function isPlain(path: string): boolean {
  return !path.includes('%') && !path.includes('/.')
}

/** As often as a server behind the upstream might decode once more. */
const decodings = 3

/**
 * Whether a server could take a segment for `.` or `..` (RFC 3986 section 5.2.4), however it decodes: `%2e%2e`, `..%2f`, `..%5c`,
 * `..;x` (path parameters), or encoded twice. Control characters end a path for some, so they have no place in one.
 */
function leadsAstray(path: string): boolean {
  let text = path
  for (let i = 0; i <= decodings; i++) {
    if (/\p{Cc}/u.test(text) || text.split(/[/\\]/).some((segment) => /^\.\.?(;|$)/.test(segment))) return true
    if (!text.includes('%')) return false
    try {
      text = decodeURIComponent(text)
    } catch {
      // What was sent has to be decodable; what it says then may hold any percent sign.
      return i === 0
    }
  }
  return false
}
