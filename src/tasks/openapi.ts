import Type from 'typebox'
import type { Operation, SecurityRequirement } from '../model/operation.ts'
import type { AddComponent, Reference } from '../serve/components.ts'
import { problemSchema } from '../serve/described-parts.ts'
import type { DocumentFragment } from '../serve/served-document.ts'
import { TaskResource } from './resource.ts'
import { TaskEvent, TaskId, TaskStateName, taskStates } from './states.ts'

type Json = Record<string, unknown>

/** The part of the served OpenAPI document that describes the task routes; `path` lies below the base path. */
export function taskDocument(
  path: string,
  operations: readonly Operation[],
  alternatives: readonly SecurityRequirement[],
): (add: AddComponent) => DocumentFragment {
  const security = alternatives.map((alternative) => Object.fromEntries(alternative.map(({ scheme }) => [scheme, []])))
  const shared = { tags: ['Tasks'], security }
  return function describeTasks(add) {
    const refusals = refusalsOf(add)
    const task = (description: string) => json(description, add('schemas', 'Task', TaskResource))
    const one = { parameters: [add('parameters', 'TaskId', taskIdParameter)] }
    return {
      tags: [{ name: 'Tasks', description: 'Runs of asynchronous operations.' }],
      paths: {
        [path]: { get: { ...shared, ...listOperation(operations, add) } },
        [`${path}/{task_id}`]: {
          ...one,
          get: {
            ...shared,
            operationId: 'gatefoldGetTask',
            summary: 'A task',
            responses: { 200: task('The task.'), ...refusals(404) },
          },
          delete: {
            ...shared,
            operationId: 'gatefoldCancelTask',
            summary: 'Cancel a task',
            description: 'A waiting task is cancelled at once; a running one is told to stop.',
            responses: {
              200: task('The task is cancelled.'),
              202: task('The task is told to stop, and will be cancelled.'),
              ...refusals(404, 409),
            },
          },
        },
        [`${path}/{task_id}/retry`]: {
          ...one,
          post: {
            ...shared,
            operationId: 'gatefoldRetryTask',
            summary: 'Start a failed or cancelled task over',
            responses: { 202: task('The task waits again.'), ...refusals(404, 409) },
          },
        },
        [`${path}/{task_id}/events`]: { ...one, get: { ...shared, ...eventsOperation(add) } },
      },
    }
  }
}

function listOperation(operations: readonly Operation[], add: AddComponent): Json {
  const task = add('schemas', 'Task', TaskResource)
  const page = {
    title: 'Page of tasks',
    type: 'object',
    required: ['tasks', 'next_cursor'],
    properties: { tasks: { type: 'array', items: task }, next_cursor: cursor },
  }
  return {
    operationId: 'gatefoldListTasks',
    summary: "The caller's tasks, newest first",
    parameters: [
      query('operation', { type: 'string', enum: operations.map(({ id }) => id) }, 'Only tasks of this operation.'),
      {
        ...query('status', { type: 'array', items: { type: 'string', enum: [...taskStates] } }, 'Only tasks in these states.'),
        style: 'form',
        explode: false,
      },
      query('cursor', { type: 'string' }, 'The `next_cursor` of the page before.'),
      query(
        'limit',
        { type: 'integer', minimum: 1, maximum: 100, default: 20 },
        'How many tasks a page has; fewer when their results are large.',
      ),
    ],
    responses: { 200: json('A page of tasks.', add('schemas', 'TaskPage', page)), ...refusalsOf(add)(422) },
  }
}

const cursor = Type.Union([Type.String(), Type.Null()], { description: 'Ask with this `cursor` for the page that follows.' })

function eventsOperation(add: AddComponent): Json {
  const page = {
    title: 'Events of a task',
    type: 'object',
    required: ['task_id', 'status', 'events'],
    properties: {
      task_id: TaskId,
      status: TaskStateName,
      events: { type: 'array', items: add('schemas', 'TaskEvent', TaskEvent) },
    },
  }
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
          'application/json': { schema: add('schemas', 'TaskEventPage', page) },
          'text/event-stream': { schema: { type: 'string', description: 'One TaskEvent in the data of each event.' } },
        },
      },
      204: { description: 'The task has ended and there are no more events (streams only).' },
      ...refusalsOf(add)(404, 422, 429),
    },
  }
}

function query(name: string, schema: Json, description: string): Json {
  return { name, in: 'query', schema, description }
}

function json(description: string, schema: Reference): Json {
  return { description, content: { 'application/json': { schema } } }
}

/** Who asks for what it may not see is refused like on any operation. */
function refusalsOf(add: AddComponent): (...statuses: number[]) => Record<number, Reference> {
  const content = { 'application/problem+json': { schema: add('schemas', 'Problem', problemSchema) } }
  const refusal = add('responses', 'TaskRefusal', { description: 'The request is refused (RFC 9457).', content })
  return (...statuses) => Object.fromEntries([401, ...statuses].map((status) => [status, refusal]))
}

const taskIdParameter = { name: 'task_id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }
