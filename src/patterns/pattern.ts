import { longestSafeText } from './backtracking.ts'
import { createMatcher } from './matcher.ts'
import { compileProgram } from './program.ts'
import { flagsOf, parseExpression } from './syntax.ts'
import { TextTooLong } from './text-too-long.ts'

/** A compiled `pattern`, which may be given texts from anybody. */
export interface Pattern {
  /** Whether it matches anywhere in a text. Throws `TextTooLong` for one that it cannot be applied to in a bounded time. */
  test(text: string): boolean
}

/** How long a text may be that every pattern is simply tried on. */
const shortestLimit = 16

/**
 * Compiles a `pattern` (ECMA-262 by JSON Schema's rule) so that no text can keep it busy. Undefined when it is no regular expression
 * at all. The language's own engine backtracks: it runs patterns that stay linear, and others on texts that are short enough.
 * Longer texts are matched by an automaton, which knows everything but backreferences.
 */
export function compilePattern(pattern: string): Pattern | undefined {
  let known = compiled.get(pattern)
  if (known === undefined && !compiled.has(pattern)) {
    const expression = readPattern(pattern)
    known = expression && boundedPattern(expression)
    compiled.set(pattern, known)
  }
  return known
}

// As many as the documents have; the same text always gives the same expression.
const compiled = new Map<string, Pattern | undefined>()

function boundedPattern(expression: RegExp): Pattern {
  const longest = safeLength(expression)
  if (longest === Number.POSITIVE_INFINITY) return expression
  let matches: ((text: string) => boolean) | undefined
  return {
    test(text) {
      if (text.length <= longest) return expression.test(text)
      matches ??= linearMatcher(expression)
      return matches(text)
    },
    toString: () => String(expression),
  } as Pattern
}

function safeLength(expression: RegExp): number {
  const tree = parseExpression(expression)
  return tree === undefined ? shortestLimit : longestSafeText(tree, flagsOf(expression))
}

function linearMatcher(expression: RegExp): (text: string) => boolean {
  const tree = parseExpression(expression)
  const program = tree && compileProgram(tree, flagsOf(expression))
  if (program !== undefined) return createMatcher(program)
  return () => {
    throw new TextTooLong()
  }
}

/** The longest text that a pattern can be applied to; `Infinity` for all patterns but those that no automaton can do. */
export function longestText(pattern: string): number {
  const expression = readPattern(pattern)
  if (expression === undefined) return Number.POSITIVE_INFINITY
  const longest = safeLength(expression)
  if (longest === Number.POSITIVE_INFINITY) return longest
  const tree = parseExpression(expression)
  return tree !== undefined && compileProgram(tree, flagsOf(expression)) !== undefined ? Number.POSITIVE_INFINITY : longest
}

/**
 * Reads a `pattern` with the `u` flag; when the flag forbids it, as PCRE and Python write the same (`(?i)` in front, `\A`, `\Z`,
 * `(?P<name>`); then without the flag (needless escapes such as `\-`). Undefined when it is no regular expression.
 */
export function readPattern(pattern: string): RegExp | undefined {
  return attempt(pattern, 'u') ?? otherDialect(pattern) ?? attempt(pattern, '')
}

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
