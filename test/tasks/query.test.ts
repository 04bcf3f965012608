import { randomUUIDv7 } from 'node:crypto'
import t from 'tap'
import type { Problem } from '../../src/errors.ts'
import { encodeCursor, isTaskId, readEventsQuery, readListQuery } from '../../src/tasks/query.ts'

const list = (text: string) => readListQuery(new URLSearchParams(text))
const events = (text: string, lastEventId = '') => readEventsQuery(new URLSearchParams(text), lastEventId)

t.test('the query of a list', async (t) => {
  t.same(list(''), { operation: undefined, states: [], before: undefined, limit: 20 })
  t.match(list('status=queued,active&status=failed&limit=100&operation=x'), {
    operation: 'x',
    states: ['queued', 'active', 'failed'],
    limit: 100,
  })
  const id = randomUUIDv7()
  t.match(list(`cursor=${encodeCursor(id)}`), { before: id })
  for (const wrong of [
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=',
    'status=done',
    'cursor=x',
    'operation=a%00',
    "cursor='%20OR%201",
  ]) {
    t.match(list(wrong), { code: 'validation_failed', status: 422 }, wrong)
  }
  t.equal((list('limit=0&status=x&cursor=y') as Problem).errors?.length, 3, 'all at once')
})

t.test('the query of a log', async (t) => {
  t.same(events(''), { after: 0, wait: 0 })
  t.same(events('after=3&wait=20'), { after: 3, wait: 20 })
  t.same(events('after=3', '7'), { after: 7, wait: 0 }, 'a stream that is resumed knows better')
  for (const wrong of ['after=-1', 'after=1.5', 'wait=61', 'after=9999999999']) t.match(events(wrong), { status: 422 }, wrong)
  t.match(events('', 'abc'), { errors: [{ place: 'header' }] })
})

t.test('ids of tasks', async (t) => {
  t.ok(isTaskId(randomUUIDv7()))
  for (const wrong of ['', 'x', `${randomUUIDv7()}x`, undefined, 7, {}]) t.notOk(isTaskId(wrong))
})
