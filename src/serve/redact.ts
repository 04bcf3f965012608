/** What stands in the log instead of a credential. */
export const censored = '[redacted]'

/** Deeper than this nobody reads a log, and what refers to itself has to end somewhere. */
const deepest = 8

/** Ends of names whose values are credentials, spelled in whatever way: `password`, `new_password`, `X-Api-Key`, `accessToken`. */
const credential = /(?:authorization|cookie|password|passwd|pwd|passphrase|secret|token|apikey|privatekey|credentials?)$/

/** A copy of a value without credentials, wherever in it they are. Dates, URLs and others that write themselves stay as they are. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || typeof (value as { toJSON?: unknown }).toJSON === 'function') return value
  if (depth === deepest) return '[…]'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isCredential(name, member) ? censored : redact(member, depth + 1)]),
  )
}

function isCredential(name: string, value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return false
  return credential.test(name.replaceAll(/[-_]/g, '').toLowerCase())
}
