import fc from 'fast-check'
import t from 'tap'
import { type Change, diff } from '../../../handlers/agents/diff/myers.ts'
import { textDiffer } from '../../../handlers/agents/text-differ.ts'
import { runTask } from './run-task.ts'

const run = { signal: new AbortController().signal, progress() {}, log: undefined as never }

/** What `changes` make of `a` and `b`, read off again. */
function sides(changes: readonly Change[], a: readonly string[], b: readonly string[]) {
  return {
    a: changes.flatMap(({ kind, a: at, length }) => (kind === 'added' ? [] : a.slice(at, at + length))),
    b: changes.flatMap(({ kind, a: from, b: at, length }) =>
      kind === 'removed' ? [] : kind === 'equal' ? a.slice(from, from + length) : b.slice(at, at + length),
    ),
  }
}

/** Length of the longest common subsequence, by the textbook's table. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0)
  for (const x of a) {
    const next = [0]
    for (const [j, y] of b.entries()) next.push(x === y ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!))
    row = next
  }
  return row.at(-1)!
}

t.test('any two sequences: both can be read off again, and no shorter way exists', async (t) => {
  const sequence = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(sequence, sequence, async (a, b) => {
      const changes = await diff(a, b, run)
      t.same(sides(changes, a, b), { a, b })
      const equal = changes.reduce((sum, { kind, length }) => sum + (kind === 'equal' ? length : 0), 0)
      t.equal(equal, commonLength(a, b))
    }),
    { numRuns: 200 },
  )
})

t.test('lines in the unified format', async (t) => {
  const before = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n'
  const after = 'one\n2\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n'
  const result = await runTask(textDiffer, 'lines', { before, after, context: 1 })
  t.equal(result.unified, '@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n@@ -9 +9,2 @@\n nine\n+ten\n')
  t.match(result, { unchanged: 8, removed: 1, added: 2, similarity: 0.842 })
})

t.test('edges of texts', async (t) => {
  t.match(await runTask(textDiffer, 'lines', { before: '', after: '' }), { unified: '', similarity: 1 })
  t.match(await runTask(textDiffer, 'lines', { before: '', after: 'a\n' }), { unified: '@@ -0,0 +1 @@\n+a\n', similarity: 0 })
  t.match(await runTask(textDiffer, 'lines', { before: 'a\nb', after: '' }), { unified: '@@ -1,2 +0,0 @@\n-a\n-b\n' })
  t.match(await runTask(textDiffer, 'lines', { before: 'a\r\nb\r\n', after: 'a\nb\n' }), { unified: '' })
})

t.test('words', async (t) => {
  const { changes } = await runTask(textDiffer, 'words', { before: 'The old, grey cat.', after: 'The grey dog.' })
  t.same(changes, [
    { kind: 'equal', text: 'The ' },
    { kind: 'removed', text: 'old, ' },
    { kind: 'equal', text: 'grey ' },
    { kind: 'removed', text: 'cat' },
    { kind: 'added', text: 'dog' },
    { kind: 'equal', text: '.' },
  ])
})

t.test('texts with nothing in common are refused rather than compared for ever; a comparison can be cancelled', async (t) => {
  const lines = (mark: string) => Array.from({ length: 4_000 }, (_, index) => `${mark}${index}`).join('\n')
  const texts = { before: lines('a'), after: lines('b') }
  await t.rejects(runTask(textDiffer, 'lines', texts), {
    message: 'the texts differ in more than 3000 places; compare smaller parts',
  })
  const abort = new AbortController()
  await t.rejects(runTask(textDiffer, 'lines', texts, { signal: abort.signal, progress: () => abort.abort() }), {
    name: 'AbortError',
  })
})
