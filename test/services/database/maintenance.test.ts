import t from 'tap'
import { maintain } from '../../../src/services/database/maintenance.ts'
import { openTestDatabase } from '../../database.ts'

t.test('the embedded database is vacuumed, analyzed and its log cut short', async (t) => {
  const database = await openTestDatabase(t, { url: '' })
  await database.query(`CREATE TABLE "Busy" (id int PRIMARY KEY, text text)`)
  await database.query(`INSERT INTO "Busy" SELECT id, repeat('x', 800) FROM generate_series(1, 2000) AS id`)
  for (let round = 0; round < 10; round++) await database.query(`UPDATE "Busy" SET text = repeat('y', 800)`)
  const before = await state()
  t.ok(before.dead > 1000, `${before.dead} dead rows`)
  t.ok(before.log > 16 * 1024 * 1024, `${before.log} bytes to replay`)

  await maintain(database)

  const after = await state()
  t.equal(after.dead, 0)
  t.ok(after.analyzed)
  t.ok(after.log < 1024 * 1024, `${after.log} bytes to replay`)

  async function state() {
    await database.query('SELECT pg_stat_force_next_flush()')
    const { rows } = await database.query<{ dead: number; analyzed: boolean; log: number }>(
      `SELECT n_dead_tup AS dead, last_analyze IS NOT NULL AS analyzed,
              (SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::int8 FROM pg_control_checkpoint()) AS log
         FROM pg_stat_user_tables WHERE relname = 'Busy'`,
    )
    return rows[0]!
  }
})
