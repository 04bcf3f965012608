import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { pointerTokens } from '../../src/documents/document.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { parseDocument } from '../../src/documents/read.ts'

function parse(file: string, text: string) {
  const diagnostics = new Diagnostics()
  const document = parseDocument(`/project/${file}`, file, text, diagnostics)
  return { document, codes: diagnostics.all.map(({ code }) => code) }
}

t.test('a value is found in JSON and in YAML at the same pointer', async (t) => {
  const value = { 'a/b': [{ 'x~y': 1 }, ['"}', '\\'], { deep: { er: null } }], empty: {}, __proto__x: 'é' }
  const json = parse('a.json', JSON.stringify(value, null, 2)).document
  const yaml = parse('a.yaml', `# the same\n${JSON.stringify(value, null, 2)}`).document
  for (const pointer of ['/a~1b', '/a~1b/0/x~0y', '/a~1b/1/1', '/a~1b/2/deep/er', '/empty', '/__proto__x', '/gone', '/a~1b/9']) {
    for (const what of ['key', 'value'] as const) {
      const at = json?.locate(pointer, what)
      t.match(yaml?.locate(pointer, what), { line: (at?.line ?? 0) + 1, column: at?.column }, `${what} of ${pointer}`)
    }
  }
})

t.test('a place that does not exist is its nearest parent', async (t) => {
  const { document } = parse('a.yaml', 'server:\n  port: 1\n')
  t.same(document?.locate('/server/port/x'), { file: 'a.yaml', line: 2, column: 9, endColumn: 10 })
  t.same(document?.locate('/server', 'key'), { file: 'a.yaml', line: 1, column: 1, endColumn: 7 })
})

t.test('what an alias or a merge key brings is found where it was written', async (t) => {
  const { document } = parse('a.yaml', 'base: &b { x: 1 }\none: *b\ntwo: { <<: *b, y: 2 }\n')
  t.same(document?.value, { base: { x: 1 }, one: { x: 1 }, two: { x: 1, y: 2 } })
  t.match(document?.locate('/one/x'), { line: 1, column: 15 })
  t.match(document?.locate('/two/x'), { line: 1, column: 15 })
  t.match(document?.locate('/one'), { line: 2, column: 6 })
})

t.test('names of object members are data', async (t) => {
  for (const text of ['{"__proto__": {"a": 1}, "toString": 2}', '__proto__: { a: 1 }\ntoString: 2\n']) {
    const { document } = parse('a.yaml', text)
    t.same(Object.keys(document?.value as object), ['__proto__', 'toString'])
    t.equal(Object.getPrototypeOf(document?.value), Object.prototype)
  }
})

t.test('what would exhaust memory or stack is refused by name', async (t) => {
  t.same(parse('a.json', '['.repeat(200_000) + ']'.repeat(200_000)).codes, ['too-deep'])
  t.same(parse('a.yaml', '['.repeat(200_000)).codes, ['too-deep'])
  t.same(parse('b.yaml', `${'['.repeat(200_000)}${']'.repeat(200_000)}`).codes, ['too-deep'])
  t.same(parse('a.yaml', `${'- '.repeat(600)}x`).codes, ['too-deep'])
  t.same(parse('a.yaml', `# big\n${'a'.repeat(13 * 1024 * 1024)}`).codes, ['file-too-large'])
  const wide = `a: &a [${'x, '.repeat(2000)}x]\nb: [${'*a, '.repeat(2000)}*a]\n`
  t.same(parse('a.yaml', wide).codes, ['alias-limit'], 'a wide list that is repeated often')
  const many = `a: &a { x: 1 }\nb:\n${'  - *a\n'.repeat(5000)}`
  t.same(parse('a.yaml', many).codes, [], 'a small object that is repeated often')
  const keys = Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join('\n')
  t.same(parse('a.yaml', `${keys}\nk7: 2\n`).codes, ['duplicate-key'], 'one duplicate among many keys')
})

t.test('files that are no documents', async (t) => {
  const directory = t.testdir({ 'secret.yaml': 'a: 1', 'link.yaml': '', real: { 'doc.yaml': 'a: 1' } })
  truncateSync(join(directory, 'link.yaml'), 65 * 1024 * 1024)
  const codesOf = (file: string) => {
    const diagnostics = new Diagnostics()
    const document = openDocuments({ directory, diagnostics }).load(file)
    t.ok(document !== undefined || diagnostics.hasErrors)
    return diagnostics.all.map(({ code }) => code)
  }
  t.same(codesOf('link.yaml'), ['file-too-large'])
  t.same(codesOf('real'), ['not-a-file'])
  t.same(codesOf('nowhere/at/all.yaml'), ['missing-file'])
  t.same(codesOf('secret.yaml/x.yaml'), ['missing-file'], 'a file taken for a directory')
  execFileSync('mkfifo', [join(directory, 'pipe.yaml')])
  t.same(codesOf('pipe.yaml'), ['not-a-file'], 'a pipe would never end')
  chmodSync(join(directory, 'secret.yaml'), 0)
  if (process.getuid?.() !== 0) t.same(codesOf('secret.yaml'), ['unreadable-file'])
  mkdirSync(join(directory, 'project'))
  symlinkSync('../real/doc.yaml', join(directory, 'project/doc.yaml'))
  t.same(codesOf('project/doc.yaml'), [], 'a link out of the project')
  writeFileSync(join(directory, 'bytes.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]))
  t.same(codesOf('bytes.yaml'), ['encoding'])
})

t.test('property: no text makes reading throw, and every error has a place in it', async () => {
  const fragment = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '&x ',
    '*x',
    '<<: ',
    '#',
    '\t',
    '|',
    '>',
    '? ',
    '!t ',
    '%',
    '---',
    ',',
    '1',
    '\\',
    '\r',
    '\ufeff',
    '\0',
    'null',
    '//',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, fc.constantFrom('a.yaml', 'a.json'), (text, file) => {
      const diagnostics = new Diagnostics()
      const document = parseDocument(`/project/${file}`, file, text, diagnostics)
      if ((document === undefined) !== diagnostics.hasErrors) throw new Error('read and error, or neither')
      const lines = text.split('\n').length
      for (const { at } of diagnostics.all)
        if (!at || at.line < 1 || at.line > lines || at.column < 1) throw new Error('no place')
    }),
    { numRuns: 3000 },
  )
})

t.test('property: every value of a JSON document is found where it stands', async () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, 3), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const { document } = parse('a.json', text)
      if (document === undefined) throw new Error(`not read: ${text}`)
      for (const pointer of pointersOf(value)) {
        const { line, column } = document.locate(pointer)
        const rest = text
          .split('\n')
          .slice(line - 1)
          .join('\n')
          .slice(column - 1)
        const wanted = JSON.stringify(valueAt(value, pointer))
        if (wanted[0] !== rest[0]) throw new Error(`${pointer} of ${text}`)
      }
    }),
    { numRuns: 300 },
  )
})

function pointersOf(value: unknown, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null) return [pointer]
  const below = Object.entries(value).flatMap(([key, member]) =>
    pointersOf(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
  return [pointer, ...below]
}

function valueAt(value: unknown, pointer: string): unknown {
  return pointerTokens(pointer).reduce((node, token) => (node as Record<string, unknown>)[token], value)
}
