import t from 'tap'
import type { Transport } from '../../src/client/transport.ts'
import { createSocketWatcher, type LiveSocket } from '../../src/client/watch-socket.ts'

/** A socket that is connected, and what was sent over it. */
function wire() {
  const sent: [string, unknown][] = []
  const socket: LiveSocket = {
    connected: true,
    active: true,
    on: () => {},
    emit: (event, message) => void sent.push([event, message]),
    connect() {},
    disconnect() {},
  }
  const watch = createSocketWatcher(() => socket, { baseUrl: '' } as Transport, '/ws')
  const follow = (after: number) => {
    const left = new AbortController()
    const { signal } = left
    return { leave: () => left.abort(), over: watch({ id: 'one', after: () => after, deliver() {}, signal }).catch(() => 'left') }
  }
  return { sent, watch, follow }
}

t.test('who follows a task a second time takes it from nobody', async (t) => {
  const { sent, follow } = wire()
  const [first, second] = [follow(3), follow(5)]
  first.leave()
  t.equal(await first.over, 'left')
  second.leave()
  t.equal(await second.over, 'left')
  t.strictSame(sent, [
    ['task:watch', { task_id: 'one', after: 3 }],
    ['task:watch', { task_id: 'one', after: 3 }],
    ['task:unwatch', { task_id: 'one' }],
  ])
})

t.test('who has left already follows nothing', async (t) => {
  const { sent, watch } = wire()
  await t.rejects(watch({ id: 'one', after: () => 0, deliver() {}, signal: AbortSignal.abort(new Error('left')) }), /left/)
  t.strictSame(sent, [])
})
