import type { Route } from './api.ts'
import { readBody } from './body.ts'
import { pause } from './pause.ts'
import { ApiProblem } from './problem.ts'
import { isOver, type TaskEvent, type TaskState } from './task.ts'
import type { Transport } from './transport.ts'
import { isEnd, type Watch, type Watcher } from './watch.ts'

/** Milliseconds without a byte after which a stream counts as lost; the server sends a comment every 15 s. */
const silence = 45_000
/** Seconds that the server may hold back an answer without events. */
const patience = 20
/** Milliseconds between two attempts: doubled with every one that fails. */
const pauses = { first: 500, longest: 15_000 }

/**
 * Follows tasks by their event logs: as server-sent events, or where streams do not work (some proxies, React Native) by long polling. A
 * connection that breaks is opened again behind the last event that came.
 */
export function createHttpWatcher(transport: Transport, tasksPath: string): Watcher {
  const route: Route = { at: `GET ${tasksPath}/{task_id}/events` }
  let streams = true

  function open({ id, after, signal }: Watch, query: object, headers: Record<string, string>): Promise<Response> {
    return transport.open({ route, input: { params: { task_id: id }, query: { after: after(), ...query } }, headers, signal })
  }

  /** True when the log has ended; false when it has to be asked for again. */
  async function stream(watch: Watch): Promise<boolean> {
    const response = await open(watch, {}, { accept: 'text/event-stream' })
    if (response.status === 204) return true
    await refuse(response)
    if (response.body === null || response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
      void response.body?.cancel()
      streams = false
      return false
    }
    let ended = false
    for await (const event of readEvents(response.body)) {
      watch.deliver([event])
      ended = isEnd(event)
    }
    return ended
  }

  async function poll(watch: Watch): Promise<boolean> {
    const response = await open(watch, { wait: patience }, { accept: 'application/json' })
    await refuse(response)
    const { status, events } = (await readBody(response)) as { status: TaskState; events: TaskEvent[] }
    watch.deliver(events)
    return isOver(status) && events.every((event, index) => index < events.length - 1 || isEnd(event))
  }

  return async function watchOverHttp(watch) {
    for (let wait = pauses.first; ; wait = Math.min(wait * 2, pauses.longest)) {
      const before = watch.after()
      try {
        if (await (streams ? stream(watch) : poll(watch))) return
      } catch (error) {
        if (watch.signal.aborted || error instanceof ApiProblem) throw error
      }
      if (watch.after() > before) wait = pauses.first
      await pause(wait, watch.signal)
    }
  }
}

/** Throws what will not be different the next time: who asks may not see the task, or it is not there. */
async function refuse(response: Response): Promise<void> {
  if (response.ok) return
  const body = await readBody(response).catch(() => undefined)
  if (response.status < 500 && response.status !== 429) throw new ApiProblem(response.status, body ?? {}, body)
  throw new Error(`the server answered with status ${response.status}`)
}

/** The events of a stream of server-sent events (WHATWG HTML section 9.2), whose `data` is JSON. */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<TaskEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const timer = setTimeout(() => void reader.cancel(), silence)
      const { done, value } = await reader.read().finally(() => clearTimeout(timer))
      if (done) return
      const blocks = (text + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/)
      text = blocks.pop() as string
      for (const block of blocks) {
        const data = block.split(/\r?\n/).flatMap((line) => (line.startsWith('data:') ? [line.slice(5)] : []))
        if (data.length > 0) yield JSON.parse(data.join('\n')) as TaskEvent
      }
    }
  } finally {
    void reader.cancel().catch(() => {})
  }
}
