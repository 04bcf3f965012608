import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { diagnosticCatalogue } from '../../src/documents/diagnostic-codes.ts'

const root = join(import.meta.dirname, '../..')
const codes = Object.values(diagnosticCatalogue).flatMap((subject) => Object.keys(subject))

function textsBelow(directory: string, wanted: RegExp): string[] {
  const files = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
  return files.filter((file) => wanted.test(file)).map((file) => readFileSync(join(root, directory, file), 'utf8'))
}

// That every code which is used has an entry is for the types to say: a finding takes no other.
t.test('every entry of the catalogue is a finding that something has', async (t) => {
  const sources = textsBelow('src', /^(?!.*diagnostic-codes\.ts$).*\.ts$/).join('\n')
  for (const code of codes) t.ok(sources.includes(`'${code}'`), code)
  t.equal(new Set(codes).size, codes.length, 'each code has one meaning')
})

t.test('every entry of the catalogue is shown by a test', async (t) => {
  const goldens = textsBelow('test', /golden\/.*\.txt$/).join('\n')
  const tests = textsBelow('test', /^(?!.*diagnostic-codes\.test\.ts$).*\.ts$/).join('\n')
  for (const code of codes)
    t.ok(goldens.includes(`[${code}]`) || tests.includes(`'${code}'`) || tests.includes(`[${code}]`), code)
})
