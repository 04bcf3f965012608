import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { testGateway } from '../../src/testing/test-gateway.ts'
import { serverUrl } from '../database.ts'
import { writeProject } from '../gateway.ts'

const post = (operationId: string) => ({
  post: { operationId, responses: { 200: { description: 'done', content: { 'application/json': { schema: {} } } } } },
})

t.test('tasks, sockets and data', async (t) => {
  const directory = writeProject(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 't', version: '1' },
      servers: [{ url: '/api' }],
      security: [{ bearer: [] }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      paths: {
        '/flaky': post('flaky'),
        '/later': post('later'),
        '/hang': post('hang'),
        '/nightly': post('nightly'),
        '/notes': post('note'),
      },
    },
    gateway: {
      database: { migrations: './migrations' },
      authentication: { bearer: { jwt: { algorithms: ['HS256'], secret: '' } } },
      operations: {
        flaky: { task: { retries: 3, backoff: { delay: '10m' } } },
        later: { task: { delay: '1d' } },
        hang: { task: {} },
        nightly: { task: { schedule: '0 3 * * *' } },
      },
    },
    handlers: `
      export const uses = ['database']
      export const flaky = (_, { attempt, log }) => { log.info('try'); if (attempt < 3) throw new Error('not yet'); return { attempt } }
      export const later = () => 'now'
      export const nightly = () => 'at night'
      export const hang = (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      export async function note({ }, { services }) {
        const { rows } = await services.database.query('INSERT INTO note DEFAULT VALUES RETURNING id')
        return rows[0]
      }`,
    files: { 'migrations/001_notes.sql': 'CREATE TABLE note (id integer GENERATED ALWAYS AS IDENTITY)' },
  })
  // Where a project's own packages are found, and what is cached is kept.
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(directory, 'node_modules'))
  const options = { directory, environment: {}, databaseUrl: serverUrl, silent: true }
  await using gateway = await testGateway(options)
  const { request, tasks, clock } = gateway
  const as = { subject: 'ada' }

  await t.test('the end of a task, without waiting for what it waits for', async (t) => {
    const task = await tasks.settled(await request('POST', '/flaky', { as }))
    t.match(task, { status: 'completed', operation: 'flaky', attempt: 3, result: { attempt: 3 }, error: null })
    t.same(
      task.events.map(({ type, status }) => (type === 'status' ? status : type)).join(' '),
      'queued active log retrying queued active log retrying queued active log completed',
    )
    t.match(task.events[3], { data: { delay_ms: 600_000 } })
    t.match((await request('GET', task.status_url, { as })).expect(200).body, { status: 'completed' })
    t.match(await tasks.settled((await request('POST', '/later', { as })).body.task_id), { result: 'now' })
  })

  await t.test('tasks whose time has not come are left alone until it has', async (t) => {
    const accepted = await request('POST', '/later', { as })
    await clock.advance('23h')
    await tasks.idle()
    t.match(await tasks.find(accepted), { status: 'queued', events: { length: 1 } })
    await clock.advance('1h')
    await tasks.idle()
    t.match(await tasks.find(accepted), { status: 'completed' })
  })

  await t.test('schedules follow the clock', async (t) => {
    await clock.set(new Date(Math.ceil(clock.now() / 86_400_000) * 86_400_000 + 3 * 3_600_000))
    const { rows } = await gateway.services.database.query<{ id: string }>(
      `SELECT id FROM ${gateway.services.database.schema}.task WHERE operation = 'nightly' ORDER BY id DESC LIMIT 1`,
    )
    t.match(await tasks.settled(rows[0]!.id), { operation: 'nightly', result: 'at night' })
  })

  await t.test('a task that does not end says where it stands', async (t) => {
    const accepted = await request('POST', '/hang', { as })
    await t.rejects(tasks.settled(accepted, { timeout: 300 }), {
      message: /^after 300 ms task .* of 'hang' is (queued|active) \(attempt /,
    })
    await t.rejects(tasks.idle({ timeout: 300 }), { message: /1 tasks have not ended; task .* of 'hang'/ })
    await request('DELETE', accepted.body.status_url, { as })
    t.match(await tasks.settled(accepted), { status: 'cancelled' })
    await t.rejects(tasks.settled(await request('POST', '/hang')), { message: /accepted no task: 401 unauthenticated/ })
    await t.rejects(tasks.settled('no id'), { message: 'there is no task no id' })
    t.equal(await tasks.find('0189d2f4-0000-7000-8000-000000000000'), undefined)
  })

  await t.test('a socket, until its token ends', async (t) => {
    const socket = await gateway.socket({ as: { ...as, expiresIn: '1h' } })
    const task = await tasks.settled(await request('POST', '/later', { as }))
    const { ok, events } = await socket.emitWithAck('task:watch', { task_id: task.task_id, after: 0 })
    t.same([ok, events.length], [true, task.events.length])
    const ended = new Promise<void>((resolve) => void socket.once('disconnect', () => resolve()))
    await clock.advance('1h')
    await ended
    await t.rejects(gateway.socket(), { message: 'unauthenticated', data: { status: 401 } })
  })

  await t.test('each gateway has data of its own', async (t) => {
    const note = async (on: typeof gateway) => (await on.request('POST', '/notes', { as })).expect(200).body
    t.same([await note(gateway), await note(gateway)], [{ id: 1 }, { id: 2 }])
    await using other = await testGateway(options)
    t.same(await note(other), { id: 1 })
  })
})
