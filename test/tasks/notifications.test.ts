import { randomUUIDv7 } from 'node:crypto'
import { pino } from 'pino'
import t from 'tap'
import type { Database } from '../../src/services/database.ts'
import { createNotifications, ownerTag, payloads } from '../../src/tasks/notifications.ts'

/** Two processes on one channel, without the server in between. */
function wire() {
  const listeners: ((payload: string) => void)[] = []
  const sent: string[] = []
  const database = {
    kind: 'postgres',
    schema: 'gatefold',
    listen: async (_channel: string, listener: (payload: string) => void) => {
      listeners.push(listener)
      return async () => {}
    },
    notify: async (_channel: string, payload: string) => {
      sent.push(payload)
      for (const listener of listeners) listener(payload)
    },
  } as unknown as Database
  const open = () => createNotifications(database, pino({ level: 'silent' }))
  return { one: open(), two: open(), sent, listeners }
}

t.test('the own process hears at once, the others once and gathered', async (t) => {
  const { one, two, sent } = wire()
  await Promise.all([one.start(), two.start()])
  const heard: unknown[] = []
  const own: unknown[] = []
  two.on('events', (notice) => heard.push(notice))
  two.on('due', (queue) => heard.push(queue))
  two.on('cancel', (id) => heard.push(id))
  one.on('events', ({ first, last }) => own.push([first, last]))
  one.events('a', 3, 3, 'bearerAuth:ada')
  one.events('a', 4, 6, 'bearerAuth:ada')
  one.due('work')
  one.cancel('a')
  t.same(own, [
    [3, 3],
    [4, 6],
  ])
  await one.stop()
  t.equal(sent.length, 1)
  t.same(heard, [{ taskId: 'a', first: 3, last: 6, owner: ownerTag('bearerAuth:ada') }, 'work', 'a'])
  t.notMatch(sent[0], 'ada', 'a payload does not tell whose task it is about')
})

t.test('payloads stay below the limit of NOTIFY, and nothing is left out', async (t) => {
  const entries = Array.from(
    { length: 1000 },
    (_, i) => ['e', randomUUIDv7(), i, i + 1, ownerTag(`x:${i}`)] as ['e', string, number, number, string],
  )
  const made = payloads(randomUUIDv7(), entries)
  t.ok(made.every((payload) => Buffer.byteLength(payload) < 8000))
  t.same(
    made.flatMap((payload) => JSON.parse(payload).slice(1)),
    entries,
  )
  t.same(payloads('x', []), [])
})

t.test('what others put on the channel does no harm', async (t) => {
  const { one, listeners } = wire()
  await one.start()
  one.on('events', () => t.fail('nothing was said'))
  for (const payload of ['', 'x', '{}', 'null', '[]', '["other"]', '["other",null,7]']) listeners[0]?.(payload)
  await one.stop()
})
