import { join } from 'node:path'
import t from 'tap'
import { readMigrationFiles } from '../../../src/services/database/migration-files.ts'

t.test('files are read in order of their numbers; others are left alone', async (t) => {
  const project = t.testdir({
    sql: { '010_last.sql': 'SELECT 10', '002_b.sql': 'SELECT 2', '001_a-b.sql': 'SELECT 1', 'README.md': '' },
  })
  t.same(readMigrationFiles(join(project, 'sql'), project), [
    { name: '001_a-b.sql', sql: 'SELECT 1', file: 'sql/001_a-b.sql' },
    { name: '002_b.sql', sql: 'SELECT 2', file: 'sql/002_b.sql' },
    { name: '010_last.sql', sql: 'SELECT 10', file: 'sql/010_last.sql' },
  ])
})

t.test('what cannot be put in order is refused', async (t) => {
  const project = t.testdir({ unnamed: { 'accounts.sql': '' }, twice: { '001_a.sql': '', '001_b.sql': '' } })
  t.throws(() => readMigrationFiles(join(project, 'unnamed'), project), {
    message: /^unnamed\/accounts\.sql: .*001_accounts\.sql/,
  })
  t.throws(() => readMigrationFiles(join(project, 'twice'), project), {
    message: /^twice\/001_b\.sql: the number is taken by 001_a\.sql/,
  })
  t.throws(() => readMigrationFiles(join(project, 'none'), project), {
    message: /^database\.migrations: none cannot be read: ENOENT/,
  })
})
