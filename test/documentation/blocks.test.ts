import t from 'tap'
import { guides, readBlocks } from './blocks.ts'

const fence = '```'

t.test('blocks, instructions and their marks', async (t) => {
  const text = `# A\n<!-- project=docs/example -->\n${fence}yaml into=gateway.yaml under=operations\n  a: 1\n${fence}\n<!-- remove="a: 1, " from=b.yaml -->\n`
  const blocks = readBlocks('a.md', text).map(({ line, language, marks, content }) => [
    line,
    language,
    Object.fromEntries(marks),
    content,
  ])
  t.same(blocks, [
    [2, '', { project: 'docs/example' }, ''],
    [3, 'yaml', { into: 'gateway.yaml', under: 'operations' }, '  a: 1\n'],
    [6, '', { remove: 'a: 1, ', from: 'b.yaml' }, ''],
  ])
})

t.test('a block that nothing would try is an error', async (t) => {
  t.throws(() => readBlocks('a.md', `\n${fence}yaml\na: 1\n${fence}\n`), {
    message: /^a.md:2: this block does not say what it is for/,
  })
  t.throws(() => readBlocks('a.md', `${fence}sh runs\ntrue\n${fence}\n`), { message: /^a.md:1: unknown mark 'runs'/ })
  t.throws(() => readBlocks('a.md', `${fence}sh run output\ntrue\n${fence}\n`), { message: /does not say/ })
})

t.test('every block of every guide says what it is for', async (t) => {
  for (const guide of guides) t.doesNotThrow(() => readBlocks(guide), guide)
})
