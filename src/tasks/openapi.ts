import type { Operation, SecurityRequirement } from '../model/operation.ts'
import type { DocumentFragment } from '../serve/served-document.ts'
import { taskStates } from './states.ts'

/** The part of the served OpenAPI document (3.0 and 3.1) that describes the task routes; `path` lies below the base path. */
export function taskDocument(
  path: string,
  operations: readonly Operation[],
  alternatives: readonly SecurityRequirement[],
): DocumentFragment {
  const security = alternatives.map((alternative) => Object.fromEntries(alternative.map(({ scheme }) => [scheme, []])))
  const shared = { tags: ['Tasks'], security }
  const one = [ref('parameters/TaskId')]
  return {
    tags: [{ name: 'Tasks', description: 'Runs of asynchronous operations.' }],
    paths: {
      [path]: { get: { ...shared, ...listOperation(operations) } },
      [`${path}/{task_id}`]: {
        parameters: one,
        get: {
          ...shared,
          operationId: 'gatefoldGetTask',
          summary: 'A task',
          responses: { 200: json('The task.', 'Task'), ...refusals(404) },
        },
        delete: {
          ...shared,
          operationId: 'gatefoldCancelTask',
          summary: 'Cancel a task',
          description: 'A waiting task is cancelled at once; a running one is told to stop.',
          responses: {
            200: json('The task is cancelled.', 'Task'),
            202: json('The task is told to stop, and will be cancelled.', 'Task'),
            ...refusals(404, 409),
          },
        },
      },
      [`${path}/{task_id}/retry`]: {
        parameters: one,
        post: {
          ...shared,
          operationId: 'gatefoldRetryTask',
          summary: 'Start a failed or cancelled task over',
          responses: { 202: json('The task waits again.', 'Task'), ...refusals(404, 409) },
        },
      },
      [`${path}/{task_id}/events`]: { parameters: one, get: { ...shared, ...eventsOperation() } },
    },
    components: { parameters: { TaskId: taskId }, schemas, responses: { TaskRefusal: refusal } },
  }
}

function listOperation(operations: readonly Operation[]): Record<string, unknown> {
  return {
    operationId: 'gatefoldListTasks',
    summary: "The caller's tasks, newest first",
    parameters: [
      query('operation', { type: 'string', enum: operations.map(({ id }) => id) }, 'Only tasks of this operation.'),
      {
        ...query('status', { type: 'array', items: { type: 'string', enum: taskStates } }, 'Only tasks in these states.'),
        style: 'form',
        explode: false,
      },
      query('cursor', { type: 'string' }, 'The `next_cursor` of the page before.'),
      query('limit', { type: 'integer', minimum: 1, maximum: 100, default: 20 }, 'How many tasks a page has.'),
    ],
    responses: { 200: json('A page of tasks.', 'TaskPage'), ...refusals(422) },
  }
}

function eventsOperation(): Record<string, unknown> {
  return {
    operationId: 'gatefoldListTaskEvents',
    summary: "A task's events",
    description:
      'As server-sent events until the task ends, or as JSON. Numbers count from 1 without gaps, so whoever names the last one that it has misses nothing.',
    parameters: [
      query('after', { type: 'integer', minimum: 0, default: 0 }, 'Only events behind this number.'),
      query(
        'wait',
        { type: 'integer', minimum: 0, maximum: 60, default: 0 },
        'Seconds to wait for an event if there is none (JSON only).',
      ),
      { name: 'Last-Event-ID', in: 'header', schema: { type: 'string' }, description: 'Takes precedence over `after`.' },
    ],
    responses: {
      200: {
        description: 'The events.',
        content: {
          'application/json': { schema: ref('schemas/TaskEventPage') },
          'text/event-stream': { schema: { type: 'string', description: 'One TaskEvent in the data of each event.' } },
        },
      },
      204: { description: 'The task has ended and there are no more events (streams only).' },
      ...refusals(404, 422, 429),
    },
  }
}

function query(name: string, schema: Record<string, unknown>, description: string): Record<string, unknown> {
  return { name, in: 'query', schema, description }
}

function ref(name: string): Record<string, unknown> {
  return { $ref: `#/components/${name}` }
}

function json(description: string, schema: string): Record<string, unknown> {
  return { description, content: { 'application/json': { schema: ref(`schemas/${schema}`) } } }
}

function refusals(...statuses: number[]): Record<number, unknown> {
  return Object.fromEntries([401, ...statuses].map((status) => [status, ref('responses/TaskRefusal')]))
}

const taskId = {
  name: 'task_id',
  in: 'path',
  required: true,
  schema: { type: 'string', format: 'uuid' },
}

const refusal = {
  description: 'The request is refused (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/TaskProblem' } } },
}

const status = { type: 'string', enum: taskStates }
const moment = { type: 'string', format: 'date-time' }
const links = { status_url: { type: 'string' }, events_url: { type: 'string' } }
/** 3.0 and 3.1 say in different ways that a value may be null; such members are described without a type. */
const orNull = (description: string) => ({ description: `${description} Null when there is none.` })

const schemas = {
  TaskAccepted: {
    type: 'object',
    required: ['task_id', 'status', 'status_url', 'events_url'],
    properties: { task_id: { type: 'string', format: 'uuid' }, status, ...links },
  },
  Task: {
    type: 'object',
    required: [
      'task_id',
      'operation',
      'status',
      'attempt',
      'max_attempts',
      'cancel_requested',
      'last_seq',
      'created_at',
      'status_url',
      'events_url',
    ],
    properties: {
      task_id: { type: 'string', format: 'uuid' },
      operation: { type: 'string' },
      status,
      attempt: { type: 'integer', minimum: 0, description: 'Which attempt runs or ran last; 0 before the first.' },
      max_attempts: { type: 'integer', minimum: 1 },
      progress: orNull('How far the attempt is, from 0 to 1.'),
      message: orNull('What the attempt does.'),
      cancel_requested: { type: 'boolean' },
      result: orNull("What the operation's 200 response describes."),
      error: orNull('Why the task failed: `code`, `title`, `status`, `detail`.'),
      last_seq: { type: 'integer', minimum: 1, description: 'The number of the newest event.' },
      created_at: moment,
      started_at: orNull('When the first attempt started.'),
      finished_at: orNull('When the task ended.'),
      ...links,
    },
  },
  TaskPage: {
    type: 'object',
    required: ['tasks', 'next_cursor'],
    properties: {
      tasks: { type: 'array', items: { $ref: '#/components/schemas/Task' } },
      next_cursor: orNull('Ask with this `cursor` for the page that follows.'),
    },
  },
  TaskEvent: {
    type: 'object',
    required: ['task_id', 'seq', 'type', 'status', 'at'],
    properties: {
      task_id: { type: 'string', format: 'uuid' },
      seq: { type: 'integer', minimum: 1 },
      type: { type: 'string', enum: ['status', 'progress', 'log'] },
      status,
      progress: { type: 'number', minimum: 0, maximum: 1 },
      data: { description: 'What the event says besides.' },
      at: moment,
    },
  },
  TaskEventPage: {
    type: 'object',
    required: ['task_id', 'status', 'events'],
    properties: {
      task_id: { type: 'string', format: 'uuid' },
      status,
      events: { type: 'array', items: { $ref: '#/components/schemas/TaskEvent' } },
    },
  },
  TaskProblem: {
    type: 'object',
    required: ['type', 'title', 'status', 'code'],
    properties: {
      type: { type: 'string', format: 'uri-reference' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      code: { type: 'string' },
    },
  },
}
