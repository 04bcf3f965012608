import { io } from 'socket.io-client'
import t from 'tap'
import { type ClientOptions, createClient, type TaskEvent, type TaskRun, unwrap } from '../../src/client/client.ts'
import { definition } from './project/gatefold.ts'
import { serveClientProject } from './served.ts'

t.setTimeout(300_000)

type Fetch = typeof fetch

/** A `fetch` that can be told to lose what comes back. */
function faultyFetch(isLost: (url: string, init: RequestInit | undefined) => boolean): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (!isLost(String(url), init)) return response
    await response.body?.cancel()
    throw new TypeError('fetch failed')
  }
}

const accepts = (init: RequestInit | undefined, type: string) => new Headers(init?.headers).get('accept') === type

/** What is not heard over a socket is not heard at all. */
const overSockets: ClientOptions = {
  io,
  fetch: async (url, init) => {
    if (/\/events(\?|$)/.test(String(url))) throw new TypeError('the event log is closed')
    return fetch(url, init)
  },
}

/** Numbers of all events, read to the end. */
async function numbers(run: TaskRun<unknown>): Promise<number[]> {
  const found: number[] = []
  for await (const event of run) found.push(event.seq)
  return found
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

t.test('tasks', async (t) => {
  const { gateway, url, token } = await serveClientProject(t)
  const clientOf = (options: ClientOptions = {}) => createClient(definition, { baseUrl: url, token: () => token(), ...options })

  const ways: Record<string, ClientOptions> = {
    'server-sent events': {},
    'long polling': {
      fetch: async (address, init) => {
        if (!accepts(init, 'text/event-stream')) return fetch(address, init)
        return new Response(null, { status: 200, headers: { 'content-type': 'text/event-stream' } })
      },
    },
    'Socket.IO': overSockets,
    // Sockets are closed to it, and it goes on over HTTP.
    'Socket.IO behind a proxy that knows no WebSockets': {
      io: (_url, options) => io('http://127.0.0.1:9', { ...options, timeout: 500 }),
    },
  }
  for (const [way, options] of Object.entries(ways)) {
    t.test(`submit, watch, result, cancel: ${way}`, async (t) => {
      const api = clientOf(options)
      const reports: unknown[] = []
      const run = api.count({ body: { to: 3 } }, { onProgress: (report) => reports.push(report) })
      const { data, error } = await run
      t.equal(error, undefined)
      t.strictSame(data, { counted: 3 })
      t.strictSame(reports.at(-1), { progress: 1, message: 'counted 3', data: { number: 3 } })
      const events: TaskEvent<{ number: number }>[] = []
      for await (const event of run) events.push(event)
      t.strictSame(
        events.map(({ seq }) => seq),
        upTo(events.length),
        'every event, once, in order',
      )
      t.match(events.at(-1), { type: 'status', status: 'completed' })

      const endless = api.count({ body: { to: 1, end: 'never' } })
      for await (const { type } of endless) {
        if (type === 'progress') endless.cancel()
      }
      t.match((await endless).error, { code: 'cancelled', status: 0 })
    })
  }

  t.test('a failure is the problem that the handler gave', async (t) => {
    const { data, error } = await clientOf().count({ body: { to: 1, end: 'badly' } })
    t.equal(data, undefined)
    t.match(error, { code: 'out_of_numbers', status: 409, detail: 'there are no more', name: 'ApiProblem' })
    await t.rejects(unwrap(clientOf().count({ body: { to: 1, end: 'badly' } })), { code: 'out_of_numbers' })
  })

  t.test('a submission that is refused is an error, and there is no id', async (t) => {
    const run = clientOf().count({ body: { to: 0 } })
    t.match((await run).error, { status: 422, errors: [{ pointer: '/to' }] })
    await t.rejects(run.id, { code: 'validation_failed' })
    t.strictSame(await numbers(run), [])
    t.match((await createClient(definition, { baseUrl: url }).count({ body: { to: 1 } })).error, { status: 401 })
  })

  t.test('a submission whose answer is lost is sent again, and is one task', async (t) => {
    let lost = 0
    const fetch = faultyFetch((_address, init) => init?.method === 'POST' && lost++ === 0)
    const own = { token: () => token('loser') }
    const run = clientOf({ ...own, fetch }).count({ body: { to: 1 } })
    t.strictSame(await unwrap(run), { counted: 1 })
    t.equal(lost, 2)
    const { tasks } = await unwrap(clientOf(own).tasks.list())
    t.strictSame(
      tasks.map(({ task_id }) => task_id),
      [await run.id],
    )
  })

  t.test('streams that are cut go on where they were', async (t) => {
    let cuts = 0
    const { promise: cutTwice, resolve } = Promise.withResolvers<void>()
    const cutting: Fetch = async (address, init) => {
      const response = await fetch(address, init)
      if (!accepts(init, 'text/event-stream') || response.body === null || cuts >= 3) return response
      if (++cuts === 2) resolve()
      const reader = response.body.getReader()
      const first = await reader.read()
      const second = await reader.read()
      void reader.cancel()
      const body = new ReadableStream({
        start(controller) {
          for (const { value } of [first, second]) if (value !== undefined) controller.enqueue(value)
          controller.error(new TypeError('terminated'))
        },
      })
      return new Response(body, response)
    }
    const run = clientOf({ fetch: cutting }).count({ body: { to: 2, end: 'never' } })
    const seen: number[] = []
    for await (const { seq, type, data } of run) {
      seen.push(seq)
      if (type === 'progress' && (data as { data: { number: number } }).data.number === 2) void cutTwice.then(run.cancel)
    }
    t.strictSame(seen, upTo(seen.length))
    t.ok(cuts > 1, `${cuts} cuts`)
    t.match((await run).error, { code: 'cancelled' })
  })

  t.test('sockets that the server ends connect again and go on where they were', async (t) => {
    const run = clientOf(overSockets).count({ body: { to: 1, end: 'never' } })
    const seen: number[] = []
    let ended = false
    for await (const { seq, type } of run) {
      seen.push(seq)
      if (type !== 'progress' || ended) continue
      ended = true
      // As it does when the credential of the connection ends.
      await gateway.services.realtime.drain?.()
      setTimeout(run.cancel, 200)
    }
    t.strictSame(seen, upTo(seen.length))
    t.match((await run).error, { code: 'cancelled' })
  })

  t.test('a signal cancels the task, whenever it is aborted', async (t) => {
    const own = { token: () => token('aborter') }
    const before = clientOf(own).count({ body: { to: 1, end: 'never' } }, { signal: AbortSignal.abort() })
    t.match((await before).error, { code: 'cancelled' })
    const controller = new AbortController()
    const during = clientOf(own).count(
      { body: { to: 1, end: 'never' } },
      { signal: controller.signal, onProgress: () => controller.abort() },
    )
    t.match((await during).error, { code: 'cancelled' })
    const { tasks } = await unwrap(clientOf(own).tasks.list({ status: ['cancelled'], operation: 'count' }))
    t.equal(tasks.length, 2, 'none of them runs on')
  })

  t.test('a page that was loaded anew goes on with the id', async (t) => {
    const first = clientOf(overSockets).count({ body: { to: 2, end: 'never' } })
    const id = await first.id
    first.leave()
    t.match((await first).error, { code: 'aborted' })

    const api = clientOf()
    const task = await unwrap(api.tasks.get(id))
    t.match(task, { task_id: id, operation: 'count', result: null })
    const second = api.tasks.resume('count', id)
    const seen: number[] = []
    for await (const { seq, type } of second) {
      seen.push(seq)
      if (type === 'progress') second.cancel()
    }
    t.strictSame(seen, upTo(seen.length), 'from the first event')
    t.match((await second).error, { code: 'cancelled' })

    t.match((await api.tasks.resume('count', crypto.randomUUID())).error, { status: 404, code: 'not_found' })
    t.match((await clientOf(overSockets).tasks.resume('count', crypto.randomUUID())).error, { status: 404, code: 'not_found' })
    t.match((await clientOf({ token: () => token('stranger') }).tasks.get(id)).error, { status: 404 })
  })

  t.test('a task is started over, and followed to its new end', async (t) => {
    const api = clientOf()
    const run = api.count({ body: { to: 1, end: 'badly' } })
    t.match((await run).error, { code: 'out_of_numbers' })
    const id = await run.id
    t.match(await unwrap(api.tasks.retry(id)), { task_id: id })
    for (const client of [api, clientOf(overSockets)]) {
      const again = client.tasks.resume('count', id)
      t.match((await again).error, { code: 'out_of_numbers' })
      const seen = await numbers(again)
      t.strictSame(seen, upTo((await unwrap(api.tasks.get(id))).last_seq))
    }
    t.match((await api.tasks.cancel(id)).error, { status: 409 })
  })
})
