/** A project with tasks, for tests over HTTP and sockets. */
import { SignJWT } from 'jose'
import type { Test } from 'tap'
import { testDatabasePlace } from '../database.ts'
import { type Project, type Served, serve } from '../gateway.ts'

const secret = 'thirty-two bytes of secret or more, for tests'

const json = { 'application/json': { schema: {} } }
const post = (operationId: string, more: object = {}) => ({
  post: { operationId, responses: { 200: { description: 'done', content: json } }, ...more },
})

const project: Project = {
  openapi: {
    openapi: '3.1.0',
    info: { title: 'tasks', version: '1' },
    servers: [{ url: '/api' }],
    security: [{ bearerAuth: [] }],
    components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/sum': post('sum', {
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['of'],
                properties: { of: { type: 'array' }, start: { type: 'integer', default: 0 } },
              },
            },
          },
        },
        responses: {
          200: {
            description: 'the sum',
            content: {
              'application/json': { schema: { type: 'object', properties: { sum: { type: 'integer' } }, required: ['sum'] } },
            },
          },
        },
      }),
      '/steps': post('steps'),
      '/refuse': post('refuse'),
      '/open': post('open', { security: [] }),
    },
  },
  handlers: `
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
export const sum = ({ body, headers }) => ({ sum: body.of.reduce((a, b) => a + b, body.start) })
export async function steps(request, { progress, signal }) {
  for (let i = 1; i <= 200; i++) {
    progress(i / 200, 'step ' + i)
    await pause(25)
    signal.throwIfAborted()
  }
  return 'done'
}
const errors = [{ place: 'body', pointer: '/pages', message: 'must be at most 0' }]
export const refuse = (request, { problem }) => problem('out_of_paper', { status: 409, detail: 'no paper', errors })
export const open = () => 'anybody'
`,
}

export interface TasksServed extends Served {
  token(subject: string, options?: { roles?: string[]; seconds?: number }): Promise<string>
}

/** `gateway` adds sections to gateway.yaml, `more` replaces other parts of the project. */
export async function serveTasks(t: Test, gateway: object = {}, more: Project = {}): Promise<TasksServed> {
  const { url, dataDir } = await testDatabasePlace(t)
  const jwt = { algorithms: ['HS256'], secret, rolesClaim: 'roles' }
  const served = await serve(t, {
    ...project,
    ...more,
    gateway: {
      database: { url, dataDir },
      server: { shutdownTimeout: '6s' },
      realtime: { connections: 3, watches: 2 },
      authentication: { bearerAuth: { jwt } },
      defaults: { validate: { request: 'enforce', response: 'enforce' } },
      operations: {
        sum: { task: {} },
        steps: { task: { visibleTo: ['support'] } },
        refuse: { task: {} },
        open: { access: 'public', task: {} },
      },
      ...gateway,
    },
  })
  return {
    ...served,
    token: (subject, { roles = [], seconds = 600 } = {}) =>
      new SignJWT({ roles })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(subject)
        .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
        .sign(Buffer.from(secret)),
  }
}
