import t from 'tap'
import { longestSafeText } from '../../src/patterns/backtracking.ts'
import { compilePattern, longestText, readPattern } from '../../src/patterns/pattern.ts'
import { flagsOf, parseExpression } from '../../src/patterns/syntax.ts'
import { TextTooLong } from '../../src/patterns/text-too-long.ts'

// With the language's own engine each of these takes from seconds to the age of the universe.
t.test('no text keeps a pattern busy', { timeout: 60_000 }, async (t) => {
  const length = 100_000
  const texts = [...'ax1 .-'].flatMap((letter) => [letter.repeat(length), `${letter.repeat(length)}!`])
  const patterns = [
    '^(a+)+$',
    '(x+x+)+y',
    '^\\s*(.*?)\\s*$',
    'a*a*a*b',
    '(a|a)*$',
    '\\d+$',
    '.*.*=.*',
    '^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+$',
    '^(?=(a|aa)+$).*b',
    '(?<!(x+x+)+)y$',
    '[ax]*a[ax]{200}$',
    '^(?:a{1,50}){1,50}$',
  ]
  for (const source of patterns) {
    const pattern = compilePattern(source)
    for (const text of texts) t.type(pattern?.test(text), 'boolean', source)
  }
})

t.test('a text that nothing can be said about is refused', async (t) => {
  const pattern = compilePattern('^(.*)\\1$')
  t.equal(pattern?.test('abab'), true)
  t.equal(pattern?.test('aba'), false)
  t.throws(() => pattern?.test('ab'.repeat(50_000)), TextTooLong)
  const work = compilePattern(`^(?:${'[ab]*a[ab]{900}|'.repeat(10)}c)+$`)
  const noise = Array.from({ length: 100_000 }, (_, index) => (((index * 2654435761) >>> 16) % 2 === 0 ? 'a' : 'b')).join('')
  t.throws(() => work?.test(noise), TextTooLong, 'also when its automaton never comes to an end')
})

t.test('how long a text may be for the engine that backtracks', async (t) => {
  const lengthOf = (source: string) => {
    const expression = readPattern(source) as RegExp
    return longestSafeText(parseExpression(expression) as never, flagsOf(expression))
  }
  const linear = [
    '^[a-z]+$',
    '^\\d{4}-\\d\\d-\\d\\d$',
    '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==)?$',
    'foo',
    '^(?:(?=x)a|^b).*$',
    '^(yes|no)$',
  ]
  for (const source of linear) t.equal(lengthOf(source), Number.POSITIVE_INFINITY, source)
  const quadratic = ['[a-z]+$', '^a*b*c$', 'a.*', '^(?=.*a)(?=.*b).*.*$']
  for (const source of quadratic) t.ok(lengthOf(source) > 50 && lengthOf(source) < 1000, `${source} ${lengthOf(source)}`)
  const exponential = ['(a+)+$', '(a|b)*$', '^(([a-z])+.)+[A-Z]([a-z])+$', '^(a?){30}a{30}$']
  for (const source of exponential) t.ok(lengthOf(source) < 20, `${source} ${lengthOf(source)}`)
})

t.test('only backreferences bound what may be sent', async (t) => {
  t.equal(longestText('^(a+)+$'), Number.POSITIVE_INFINITY)
  t.equal(longestText('^(?=a)(.)\\1$'), Number.POSITIVE_INFINITY, 'one that is linear all the same does not')
  t.ok(longestText('(.+)\\1') < 100)
})

t.test('other dialects', async (t) => {
  t.equal(compilePattern('(?i)^abc$')?.test('ABC'), true)
  t.equal(compilePattern('\\Aabc\\Z')?.test('abc'), true)
  t.equal(compilePattern('(?P<year>\\d+)')?.test('x2026'), true)
  t.equal(compilePattern('^[\\w\\-]+$')?.test('a-b'), true)
  t.equal(compilePattern('('), undefined)
})
