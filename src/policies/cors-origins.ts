/** Says whether an `Origin` header is one that is allowed. */
export type OriginMatcher = (origin: string) => boolean

/** Why an entry of `origins` cannot be used, and what would do; undefined when it can. */
export function originFault(entry: string): string | undefined {
  if (entry === '*') return undefined
  const wildcard = /^(https?:\/\/)\*\.([^*]+)$/.exec(entry)
  const example = wildcard === null ? entry : `${wildcard[1]}any.${wildcard[2]}`
  if (example.includes('*')) return 'a wildcard stands for the first label of a host: https://*.example.com'
  if (!URL.canParse(example)) return 'an origin is scheme://host, with :port where it is not the default one'
  const { origin } = new URL(example)
  if (origin === 'null') return "an origin is scheme://host; 'null' is shared by all sandboxed pages and files"
  return origin === example ? undefined : `browsers write it as ${wildcard === null ? origin : origin.replace('//any.', '//*.')}`
}

/** Origins are compared as a whole (RFC 6454 section 5); a wildcard is one label, so that it never matches another site's name. */
export function matchOrigins(entries: readonly string[]): OriginMatcher {
  const exact = new Set(entries)
  const wildcards = entries.filter((entry) => entry.includes('*.')).map(matchWildcard)
  if (wildcards.length === 0) return (origin) => exact.has(origin)
  return (origin) => exact.has(origin) || wildcards.some((matches) => matches(origin))
}

function matchWildcard(entry: string): OriginMatcher {
  const [scheme, rest] = entry.split('*') as [string, string]
  return function isBelow(origin) {
    if (!origin.startsWith(scheme) || !origin.endsWith(rest)) return false
    return /^[a-z0-9_-]+$/.test(origin.slice(scheme.length, -rest.length))
  }
}
