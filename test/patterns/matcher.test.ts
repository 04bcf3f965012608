import fc from 'fast-check'
import t from 'tap'
import { createMatcher } from '../../src/patterns/matcher.ts'
import { compileProgram } from '../../src/patterns/program.ts'
import { flagsOf, parseExpression } from '../../src/patterns/syntax.ts'

function matcherOf(expression: RegExp): ((text: string) => boolean) | undefined {
  const tree = parseExpression(expression)
  const program = tree && compileProgram(tree, flagsOf(expression))
  return program && createMatcher(program)
}

const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'part' },
    fc.constantFrom(
      'a',
      'b',
      'ß',
      '.',
      '\\d',
      '\\w',
      '\\W',
      '\\s',
      '[ab]',
      '[^a]',
      '[^]',
      '[a-c\\d]',
      '^',
      '$',
      '\\b',
      '\\B',
      '\\n',
      '😀',
    ),
    fc
      .tuple(tie('part'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}?', '*?'))
      .map(([part, times]) => `(?:${part})${times}`),
    fc.tuple(tie('part'), tie('part')).map(([a, b]) => a + b),
    fc.tuple(tie('part'), tie('part')).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(fc.constantFrom('?=', '?!', '?<=', '?<!', '?s:', '?m:'), tie('part')).map(([kind, part]) => `(${kind}${part})`),
  ),
  pattern: fc.array(tie('part'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
}))

// No pairs of surrogates: for lookarounds V8 also tries to begin between the two, which ECMA-262 does not (section 22.2.7.2).
const text = fc
  .array(fc.constantFrom('a', 'A', 'b', 'c', '1', ' ', '\n', '\u2028', 'ß', '\ud83d'), { maxLength: 12 })
  .map((parts) => parts.join(''))

t.test('agrees with the language about every pattern and text', async (t) => {
  let compared = 0
  fc.assert(
    fc.property(
      pattern,
      fc.constantFrom('', 'u', 'i', 'iu'),
      fc.array(text, { minLength: 1, maxLength: 8 }),
      (source, flags, texts) => {
        const expression = new RegExp(source, flags)
        const matches = matcherOf(expression)
        if (matches === undefined) return
        for (const text of texts) {
          compared++
          if (matches(text) !== expression.test(text))
            throw new Error(`${expression} on ${JSON.stringify(text)}: ${matches(text)}`)
        }
      },
    ),
    { numRuns: 5000, seed: 20261123 },
  )
  t.ok(compared > 5000)
})

t.test('what people write', async (t) => {
  const cases: [source: string, flags: string, texts: string[]][] = [
    ['^(?=.*[A-Z])(?=.*\\d)(?!.*\\s).{4,}$', 'u', ['Abc1', 'abc1', 'ABCD', 'Ab 1x', 'A1']],
    ['^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$', 'u', ['a@b.cd', 'a@b', '@b.cd', 'a b@c.de']],
    ['^\\p{Lu}\\p{L}*(?: \\p{Lu}\\p{L}*)*$', 'u', ['Ada Lovelace', 'Ärö Ü', 'ada', 'Ada  L']],
    ['\\bfoo\\b', '', ['foo', 'a foo b', 'foobar', 'xfoo']],
    ['(?<=\\$)\\d+(?!\\.)', 'u', ['$42', '42', '$4.']],
    ['^\\u{1F600}.$', 'u', ['😀😀', '😀', '😀a']],
    ['^(?i:ab)c(?-i:d)$', 'i', ['ABcd', 'ABCd', 'abcD']],
    ['a\\-b', '', ['a-b', 'ab']],
    ['', 'u', ['', 'x']],
  ]
  for (const [source, flags, texts] of cases) {
    const expression = new RegExp(source, flags)
    const matches = matcherOf(expression)
    for (const text of texts) t.equal(matches?.(text), expression.test(text), `${expression} on ${text}`)
  }
})

t.test('what no automaton can do, and what would need too large a one', async (t) => {
  t.equal(matcherOf(/(a)\1/u), undefined)
  t.equal(matcherOf(/(?:(?:a{1,500}b){1,500}c)+/u), undefined)
})
