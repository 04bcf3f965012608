import { EventEmitter } from 'node:events'
import t from 'tap'
import { openSession, type SessionView, type TaskSocket } from '../../src/realtime/session.ts'
import { principal } from '../tasks/system.ts'

t.test('messages of a client that has left are not worked on', async (t) => {
  let queries = 0
  const asked = Promise.withResolvers<{ rows: [] }>()
  const database = {
    schema: 'gatefold',
    query() {
      queries++
      return asked.promise
    },
  }
  const tasks = { store: { database }, follower: {}, definitions: new Map() }
  const view = { tasks, config: { watches: 10 } } as unknown as SessionView
  const socket = Object.assign(new EventEmitter(), { connected: true, use() {} })
  openSession(socket as unknown as TaskSocket, principal('ada'), () => view)
  for (let i = 0; i < 5; i++) socket.emit('task:watch', { task_id: '01a20598-c6df-7408-99ff-8029e4bc6b65' })
  await new Promise(setImmediate)
  socket.connected = false
  asked.resolve({ rows: [] })
  await new Promise(setImmediate)
  t.equal(queries, 1)
})
