/**
 * Compiles a `pattern` (ECMA-262 by JSON Schema's rule): with the `u` flag; without it for patterns that the flag forbids
 * (needless escapes such as `\-`); then as PCRE and Python write the same (`(?i)` in front, `\A`, `\Z`, `(?P<name>`).
 * Undefined when it is no regular expression at all. Nothing bounds how long a pattern runs: one with nested repetition,
 * such as `(a+)+$`, can take exponential time on a hostile string, so such strings need a `maxLength` as well.
 */
export function compilePattern(pattern: string): RegExp | undefined {
  if (!compiled.has(pattern)) compiled.set(pattern, attempt(pattern, 'u') ?? attempt(pattern, '') ?? otherDialect(pattern))
  return compiled.get(pattern)
}

// As many as the documents have; the same text always gives the same expression.
const compiled = new Map<string, RegExp | undefined>()

function attempt(pattern: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(pattern, flags)
  } catch {
    return undefined
  }
}

function otherDialect(pattern: string): RegExp | undefined {
  const ignoreCase = pattern.startsWith('(?i)')
  const plain = (ignoreCase ? pattern.slice(4) : pattern)
    .replaceAll('(?P<', '(?<')
    .replace(/(?<!\\)((?:\\\\)*)\\A/g, '$1^')
    .replace(/(?<!\\)((?:\\\\)*)\\[Zz]/g, '$1$')
  if (plain === pattern) return undefined
  return attempt(plain, ignoreCase ? 'iu' : 'u') ?? attempt(plain, ignoreCase ? 'i' : '')
}
