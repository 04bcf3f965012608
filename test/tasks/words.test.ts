import { pino } from 'pino'
import t from 'tap'
import type { HandlerRequest } from '../../src/context.ts'
import { hashRequest, readIdempotencyKey } from '../../src/tasks/idempotency.ts'
import { queueName } from '../../src/tasks/queue-name.ts'
import { type LogLine, taskLog } from '../../src/tasks/task-log.ts'
import { readWait } from '../../src/tasks/wait.ts'

t.test('Prefer: wait', async (t) => {
  const cases: [string | string[] | undefined, number | undefined][] = [
    [undefined, undefined],
    ['wait=10', 10],
    ['respond-async, wait=5', 5],
    ['Wait = "7"; x=1', 7],
    [['return=minimal', 'wait=3'], 3],
    ['await=10', undefined],
    ['wait=-1', undefined],
    ['wait=ten', undefined],
  ]
  for (const [header, seconds] of cases) t.equal(readWait(header), seconds, String(header))
})

t.test('Idempotency-Key', async (t) => {
  t.equal(readIdempotencyKey(undefined), undefined)
  t.equal(readIdempotencyKey('abc-1'), 'abc-1')
  t.equal(readIdempotencyKey('"abc-1"'), 'abc-1')
  for (const wrong of ['', '""', 'é', 'x'.repeat(256), 'a\tb']) t.match(readIdempotencyKey(wrong), { status: 400 }, wrong)
  const request = (body: unknown, query = {}) => ({ params: {}, query, body }) as HandlerRequest
  t.same(hashRequest(request({ a: 1, b: { c: [1], d: 2 } })), hashRequest(request({ b: { d: 2, c: [1] }, a: 1 })))
  t.notSame(hashRequest(request([1, 2])), hashRequest(request([2, 1])))
  t.notSame(hashRequest(request(1)), hashRequest(request('1')))
  t.notSame(hashRequest(request(null, { a: 1 })), hashRequest(request(null)))
})

t.test('names of queues', async (t) => {
  t.equal(queueName('executeAgent'), 'executeAgent')
  const odd = ['GET /a b', 'GET /a c', 'x'.repeat(200), 'ü']
  for (const id of odd) t.match(queueName(id), /^[\w.-]{1,60}$/)
  t.equal(new Set(odd.map(queueName)).size, odd.length)
})

t.test('a task’s log reaches its owner from info up, without the errors among its fields', async (t) => {
  const lines: LogLine[] = []
  const own: string[] = []
  const parent = pino({ level: 'debug' }, { write: (line: string) => void own.push(line) })
  const log = taskLog(parent, (line) => lines.push(line))
  log.debug('for us')
  log.info('read %d rows', 7)
  log.warn({ rows: 7, cause: new Error('secret') }, 'odd')
  log.error(new Error('secret'))
  log.child({ part: 'x' }).info('from a child')
  t.same(lines, [
    { level: 'info', message: 'read 7 rows' },
    { level: 'warn', message: 'odd', fields: { rows: 7 } },
    { level: 'info', message: 'from a child' },
  ])
  t.equal(own.length, 5)
})
