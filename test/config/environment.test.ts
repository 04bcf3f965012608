import t from 'tap'
import { readEnvironment } from '../../src/config/environment.ts'
import { Diagnostics } from '../../src/documents/diagnostics.ts'

t.test('the real environment wins over .env', async (t) => {
  const directory = t.testdir({ '.env': 'A=file\nB="file b"\n# C=no\n' })
  t.same(readEnvironment(directory, { A: 'real' }, new Diagnostics()), { A: 'real', B: 'file b' })
})

t.test('without .env there is only the real one', async (t) => {
  t.same(readEnvironment(t.testdir({}), { A: 'real' }, new Diagnostics()), { A: 'real' })
})

t.test('a .env that is no text is reported', async (t) => {
  const diagnostics = new Diagnostics()
  t.same(readEnvironment(t.testdir({ '.env': {} }), { A: 'real' }, diagnostics), { A: 'real' })
  t.match(diagnostics.all, [{ code: 'not-a-file' }])
})
