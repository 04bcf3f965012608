import Type from 'typebox'
import { TaskResource } from '../tasks/resource.ts'
import { TaskEvent, TaskId } from '../tasks/states.ts'

const Sequence = Type.Integer({ title: 'Number of an event', minimum: 0, maximum: 2 ** 31 - 1 })

/** Why a message or a handshake was refused; `code` is of the same catalogue as over HTTP. */
export const SocketRefusal = Type.Object(
  {
    code: Type.String({ title: 'Code' }),
    status: Type.Integer({ title: 'Status', description: 'The status that it would have over HTTP.' }),
    title: Type.String({ title: 'Title' }),
    detail: Type.Optional(Type.String({ title: 'Detail' })),
  },
  { title: 'Refusal', description: 'Why a message or a handshake was refused; the codes are those of problems over HTTP.' },
)
export type SocketRefusal = Type.Static<typeof SocketRefusal>

/** What a client sends, and what is acknowledged when it is not refused, by the name of the message. */
export const clientMessages = {
  'task:watch': {
    summary: 'Watch a task',
    description:
      'Everything behind event `after` is in the answer or, when that is much, behind it as `task:event`; then each new event follows.',
    message: Type.Object(
      {
        task_id: TaskId,
        after: Type.Optional({ ...Sequence, description: 'The last event that the client has; 0 when absent.' }),
      },
      { title: 'Watch' },
    ),
    answer: Type.Object({ task: TaskResource, events: Type.Array(TaskEvent, { title: 'Events', maxItems: 1000 }) }),
  },
  'task:unwatch': {
    summary: 'Watch a task no longer',
    description: 'Events of the task are sent no longer.',
    message: Type.Object({ task_id: TaskId }, { title: 'Unwatch' }),
    answer: Type.Object({}),
  },
  'tasks:watch': {
    summary: "Watch all of one's own tasks",
    description: 'Those that have not ended are in the answer; tasks that begin later are watched too.',
    message: Type.Object(
      {
        after: Type.Optional(
          Type.Record(Type.String(), Sequence, {
            title: 'After',
            description: 'The last event that the client has, by task id.',
          }),
        ),
      },
      { title: 'Watch all' },
    ),
    answer: Type.Object({ tasks: Type.Array(TaskResource, { title: 'Tasks' }) }),
  },
  'tasks:unwatch': {
    summary: "Watch all of one's own tasks no longer",
    description: 'Tasks that are watched one by one stay watched.',
    message: Type.Object({}, { title: 'Unwatch all' }),
    answer: Type.Object({}),
  },
} as const
export type ClientMessageName = keyof typeof clientMessages

/** What a client receives. */
export const serverMessages = { 'task:event': TaskEvent } as const

/** What a client sends under a name. */
export type Message<Name extends ClientMessageName> = Type.Static<(typeof clientMessages)[Name]['message']>
type Answer<Name extends ClientMessageName> = Type.Static<(typeof clientMessages)[Name]['answer']>
export type Ack<Content> = (answer: ({ ok: true } & Content) | { ok: false; error: SocketRefusal }) => void

/** Socket.IO's types of what clients send. */
export type ClientMessages = {
  [Name in ClientMessageName]: (message: Message<Name>, ack: Ack<Answer<Name>>) => void
}

/** Socket.IO's types of what clients receive. */
export interface ServerMessages {
  'task:event': (event: TaskEvent) => void
}
