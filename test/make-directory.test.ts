import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeDirectory } from '../src/make-directory.ts'

t.test('makes a directory and those above it, once', async (t) => {
  const deep = join(t.testdir(), 'a/b/c')
  makeDirectory(deep, 0o700)
  makeDirectory(deep)
  t.equal(statSync(deep).mode & 0o777, 0o700)
  t.equal(statSync(join(deep, '..')).mode & 0o777, 0o700)
})

t.test('says what is in the way', async (t) => {
  const file = join(t.testdir(), 'file')
  writeFileSync(file, '')
  t.throws(() => makeDirectory(file), { code: 'EEXIST' })
  t.throws(() => makeDirectory(join(file, 'below')), { code: /^(EEXIST|ENOTDIR)$/ })
})

t.test('ends where nothing can be made', { skip: !existsSync('/proc/self') && 'there is no /proc' }, async (t) => {
  t.throws(() => makeDirectory('/proc/nowhere/data'), { code: 'ENOENT', message: /mkdir '\/proc\/nowhere'/ })
})
