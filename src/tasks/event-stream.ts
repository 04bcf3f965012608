import { Readable } from 'node:stream'
import type { Follower } from './follower.ts'
import { endsTask, type TaskEvent } from './states.ts'

/** Milliseconds between two comments that keep an idle connection open through proxies. */
const heartbeat = 15_000
/** Bytes that may wait for a slow reader before it is cut off. */
const backlog = 1024 ** 2
/** After how many milliseconds a browser connects again. */
const reconnect = 1000

/**
 * The server-sent events (WHATWG HTML section 9.2) of one task behind event number `after`, until it ends. `newest` is its last
 * number now: an end before that was one that the task has been started over from.
 */
export function eventStream(follower: Follower, taskId: string, after: number, newest: number): Readable {
  const stream = new Readable({ read() {} })
  const comments = setInterval(() => push(': \n\n'), heartbeat)

  function push(text: string): void {
    if (stream.readableLength > backlog) stream.destroy(new Error('the reader of an event stream is too slow'))
    else stream.push(text)
  }

  push(`retry: ${reconnect}\n\n`)
  const unfollow = follower.follow(taskId, after, (events) => {
    push(events.map(frame).join(''))
    if (events.some((event) => event.seq >= newest && endsTask(event))) stream.push(null)
  })
  stream.once('close', () => {
    clearInterval(comments)
    unfollow()
  })
  return stream
}

function frame(event: TaskEvent): string {
  return `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`
}
