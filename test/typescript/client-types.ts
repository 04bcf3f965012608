/**
 * What must check and what must not, for clients of `golden/parts` and `../client/project`. Nothing here runs: the compiler is the test, and
 * a line that is marked as an error but is none fails it.
 */
import { io, type Socket } from 'socket.io-client'
import { createClient, type Finding, type Result, type Task, type TaskEvent, unwrap } from '../../src/client/client.ts'
import type { ClientMessages, ServerMessages } from '../../src/realtime/messages.ts'
import type { TaskResource } from '../../src/tasks/resource.ts'
import { definition as counting } from '../client/project/gatefold.ts'
import {
  type Api,
  type ClientToServerEvents,
  definition,
  type ServerToClientEvents,
  type Shape,
  type Thing,
} from './golden/parts/gatefold.ts'

/** True when two types are the same, not merely assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._: Same<A, B> extends true ? [] : ['these types differ']): void {}

const api = createClient(definition, { baseUrl: 'https://api.example.com', token: () => 'secret', io })

export async function calls() {
  const things = await api.listThings({ query: { tags: ['red'] }, headers: { 'X-Trace-Depth': 1 } })
  same<typeof things, Result<Thing[] | string, { code: string } | undefined>>()
  if (things.error !== undefined) {
    same<typeof things.data, undefined>()
    same<typeof things.error.errors, readonly Finding[]>()
    return things.error.body?.code
  }
  same<typeof things.data, Thing[] | string>()

  // @ts-expect-error: a parameter that is required
  api.listThings({ query: {}, headers: { 'X-Trace-Depth': 1 } })
  // @ts-expect-error: what is required cannot be left out as a whole
  api.listThings()
  // @ts-expect-error: no value of the enumeration
  api.listThings({ query: { tags: ['blue'] }, headers: { 'X-Trace-Depth': 1 } })
  // @ts-expect-error: no such parameter
  api.listThings({ query: { tags: [], page: 1 }, headers: { 'X-Trace-Depth': 1 } })

  // JSON needs no word about the media type; what has a default may be left out; what is read only cannot be sent.
  api.createThing({ body: { name: 'lamp', secret: 'x' } })
  api.createThing({ contentType: 'text/plain', body: 'lamp' })
  api.createThing({ contentType: 'image/png', body: new Blob([]) })
  // @ts-expect-error: not the body of this media type
  api.createThing({ contentType: 'text/plain', body: { name: 'lamp', secret: 'x' } })
  // @ts-expect-error: read only
  api.createThing({ body: { id: '1', name: 'lamp', secret: 'x' } })
  const made = await unwrap(api.createThing({ body: { name: 'lamp', secret: 'x' } }))
  // @ts-expect-error: the answer never has what is write only
  made?.secret

  api['delete-part']({ params: { thing_id: '1', part: 'a' } })
  api['delete-part']({ params: { thing_id: '1', part: 'a' }, body: { reason: null } })
  api.upload({ body: { file: new File([], 'a'), meta: { name: 'a', secret: 'b' } } })
  // @ts-expect-error: a file
  api.upload({ body: { file: 'a', meta: { name: 'a', secret: 'b' } } })
  // @ts-expect-error: no such operation
  api.nothing()
  return things.data
}

export async function tasks() {
  const run = api.draw({ body: ['a'] }, { onProgress: ({ data }) => same<typeof data, { rows: number } | undefined>() })
  same<Awaited<typeof run>, Result<Shape, unknown>>()
  for await (const event of run) {
    same<typeof event, TaskEvent<{ rows: number }>>()
    if (event.type === 'log') event.data.message.trim()
  }
  const shape = await unwrap(run)
  if (shape.kind === 'circle') shape.radius.toFixed()
  const id = await run.id
  same<Awaited<ReturnType<typeof api.tasks.resume<'draw'>>>, Result<Shape, unknown>>()
  // @ts-expect-error: it does not run as a task
  api.tasks.resume('listThings', id)
  const task = await unwrap(api.tasks.get(id))
  if (task.operation === 'draw') same<typeof task.result, Shape | null>()
  const counted = await unwrap(createClient(counting).count({ body: { to: 3 } }))
  same<typeof counted, { counted: number }>()
}

export function sockets() {
  const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io('/', { path: '/ws' })
  socket.on('task:event', (event) => same<typeof event, TaskEvent<{ rows: number }>>())
  socket.emit('task:watch', { task_id: '1', after: 3 }, (answer) => {
    if (answer.ok) same<typeof answer.task.result, Shape | null>()
    else answer.error.title.trim()
  })
  // @ts-expect-error: no such message
  socket.emit('task:look', {})
}

// What the server says it sends and takes is what clients are told.
type Client<Events, Name extends keyof Events> = Events[Name] extends (...args: infer Args) => void ? Args : never
const toClient = (event: Client<ServerMessages, 'task:event'>[0]): Pick<TaskEvent, 'task_id' | 'seq' | 'status' | 'at'> => event
const toServer = (message: Client<ClientToServerEvents, 'task:watch'>[0]): Client<ClientMessages, 'task:watch'>[0] => message
const resource = (task: TaskResource): Omit<Task<Api>, 'operation' | 'result'> => task
export const wire = { toClient, toServer, resource }
