import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import t, { type Test } from 'tap'
import type { TaskEvent } from '../../src/tasks/states.ts'
import { serveTasks } from '../targets/tasks-project.ts'

const { url, request, token } = await serveTasks(t)
const tokens = { ada: await token('ada'), bob: await token('bob'), sue: await token('sue', { roles: ['support'] }) }

function connect(t: Test, credential: unknown, options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
  const socket = io(url, {
    path: '/ws',
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: { token: credential },
    ...options,
  })
  t.teardown(() => socket.disconnect())
  return socket
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.once('connect_error', reject)
  })
}

const ask = (socket: Socket, event: string, message: unknown) => socket.timeout(60_000).emitWithAck(event, message)
const begin = async (operation: string, who = tokens.ada, json: unknown = undefined) =>
  (await request('POST', `/api/${operation}`, { token: who, json })).body.task_id as string
const cancel = (id: string, who = tokens.ada) => request('DELETE', `/api/tasks/${id}`, { token: who })

/** Collects the events of a socket; `until` resolves with all of them once one matches. */
function collect(socket: Socket) {
  const events: TaskEvent[] = []
  socket.on('task:event', (event: TaskEvent) => events.push(event))
  const until = async (matches: (event: TaskEvent) => boolean) => {
    while (!events.some(matches)) await new Promise((resolve) => setTimeout(resolve, 10))
    return events
  }
  return { events, until }
}

t.test('who may connect', async (t) => {
  await t.test('nobody without valid credentials', async (t) => {
    await t.rejects(connected(connect(t, undefined)), { message: 'unauthenticated', data: { status: 401 } })
    await t.rejects(connected(connect(t, 'x.y.z')), { message: 'invalid_credentials', data: { status: 401 } })
    await t.rejects(connected(connect(t, await token('ada', { seconds: -60 }))), {
      message: 'invalid_credentials',
      data: { status: 401 },
    })
    await t.rejects(connected(connect(t, { toString: 1 })), { message: 'unauthenticated' })
  })

  await t.test('pages of other origins do not', async (t) => {
    await t.rejects(connected(connect(t, tokens.ada, { extraHeaders: { origin: 'http://elsewhere.example' } })))
    await t.resolves(connected(connect(t, tokens.ada, { extraHeaders: { origin: url } })), 'the own pages do')
  })

  await t.test('clients that poll, and those that send the token as over HTTP', async (t) => {
    await t.resolves(connected(connect(t, tokens.ada, { transports: ['polling'] })))
    const extraHeaders = { authorization: `Bearer ${tokens.ada}` }
    await t.resolves(connected(connect(t, undefined, { extraHeaders })))
  })

  await t.test('a caller only so many times', async (t) => {
    const many = await token('many')
    for (let i = 0; i < 3; i++) await connected(connect(t, many))
    await t.rejects(connected(connect(t, many)), { message: 'rate_limited', data: { status: 429 } })
  })

  await t.test('no longer than the token lives', async (t) => {
    // A busy machine may need longer to connect than the token lives.
    const connectFor = async (seconds: number): Promise<Socket> =>
      connected(connect(t, await token('brief', { seconds }))).catch(() => connectFor(seconds * 2))
    const socket = await connectFor(2)
    const reason = await new Promise((resolve) => socket.once('disconnect', resolve))
    t.equal(reason, 'io server disconnect')
  })
})

t.test('task:watch', async (t) => {
  await t.test('answers with what was and goes on with what comes', async (t) => {
    const socket = await connected(connect(t, tokens.ada))
    const { until } = collect(socket)
    const id = await begin('steps')
    const answer = await ask(socket, 'task:watch', { task_id: id })
    t.match(answer, { ok: true, task: { task_id: id, operation: 'steps' } })
    await until(({ type }) => type === 'progress')
    await cancel(id)
    const events = [...answer.events, ...(await until(({ status }) => status === 'cancelled'))]
    t.same(
      events.map(({ seq }) => seq),
      events.map((_, i) => i + 1),
    )
  })

  await t.test('misses nothing and repeats nothing when a client comes back with its last number', async (t) => {
    const id = await begin('steps')
    const seen: number[] = []
    for (let round = 0; round < 4; round++) {
      const socket = await connected(connect(t, tokens.ada))
      const { events, until } = collect(socket)
      const answer = await ask(socket, 'task:watch', { task_id: id, after: seen.at(-1) ?? 0 })
      await until(({ type }) => type === 'progress')
      socket.disconnect()
      seen.push(...[...answer.events, ...events].map(({ seq }: TaskEvent) => seq))
    }
    await cancel(id)
    t.same(
      seen,
      seen.map((_, i) => i + 1),
    )
    t.ok(seen.length > 3)
  })

  await t.test('tells others nothing about a task, and roles that may see it everything', async (t) => {
    const id = await begin('steps')
    const [bob, sue] = [await connected(connect(t, tokens.bob)), await connected(connect(t, tokens.sue))]
    const strange = await ask(bob, 'task:watch', { task_id: id })
    const absent = await ask(bob, 'task:watch', { task_id: '01a20598-c6df-7408-99ff-8029e4bc6b65' })
    t.same(strange, absent)
    t.match(strange, { ok: false, error: { code: 'not_found' } })
    t.match(await ask(sue, 'task:watch', { task_id: id }), { ok: true })
    await cancel(id)
  })

  await t.test('refuses what is no message, and too many watches', async (t) => {
    const socket = await connected(connect(t, tokens.ada))
    for (const message of [undefined, null, 'x', 7, {}, { task_id: {} }]) {
      t.match(await ask(socket, 'task:watch', message), { ok: false, error: { code: 'not_found' } })
    }
    const ids = [await begin('steps'), await begin('steps'), await begin('steps')]
    t.match(await ask(socket, 'task:watch', { task_id: ids[0], after: -1 }), { ok: false, error: { code: 'validation_failed' } })
    t.match(await ask(socket, 'task:watch', { task_id: ids[0] }), { ok: true })
    t.match(await ask(socket, 'task:watch', { task_id: ids[1] }), { ok: true })
    t.match(await ask(socket, 'task:watch', { task_id: ids[2] }), { ok: false, error: { code: 'rate_limited' } })
    t.match(await ask(socket, 'task:unwatch', { task_id: ids[0] }), { ok: true })
    t.match(await ask(socket, 'task:watch', { task_id: ids[2] }), { ok: true })
    for (const id of ids) await cancel(id)
  })

  await t.test('a client that floods is cut off', async (t) => {
    const socket = await connected(connect(t, tokens.ada))
    const gone = new Promise((resolve) => socket.once('disconnect', resolve))
    for (let i = 0; i < 500; i++) socket.emit('task:unwatch', {})
    await gone
    t.pass()
  })
})

t.test('tasks:watch follows all of one’s own, old and new, and nobody else’s', async (t) => {
  const old = await begin('steps')
  const socket = await connected(connect(t, tokens.ada))
  const { events, until } = collect(socket)
  const answer = await ask(socket, 'tasks:watch', {})
  t.match(answer, { ok: true, tasks: [{ task_id: old }] })
  const foreign = await begin('sum', tokens.bob, { of: [1] })
  const fresh = await begin('sum', tokens.ada, { of: [1] })
  await until(({ task_id, status }) => task_id === fresh && status === 'completed')
  await cancel(old)
  await until(({ task_id, status }) => task_id === old && status === 'cancelled')
  const numbers = (id: string) => events.filter(({ task_id }) => task_id === id).map(({ seq }) => seq)
  t.same(numbers(fresh), [1, 2, 3])
  const first = answer.tasks[0].last_seq + 1
  t.same(
    numbers(old),
    numbers(old).map((_, i) => first + i),
  )
  t.same(numbers(foreign), [])
  t.match(await ask(socket, 'tasks:watch', { after: 'x' }), { ok: false })

  await t.test('and from where a client left off', async (t) => {
    const later = await connected(connect(t, tokens.ada))
    const { until } = collect(later)
    await ask(later, 'tasks:watch', { after: { [fresh]: 1, [foreign]: 0 } })
    const missed = await until(({ status }) => status === 'completed')
    t.same(
      missed.map(({ task_id, seq }) => [task_id === fresh, seq]),
      [
        [true, 2],
        [true, 3],
      ],
    )
  })
})
