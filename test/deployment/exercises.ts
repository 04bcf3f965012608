/** What a client does with a deployment, and what it has to find. */
import { setTimeout } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { io, type Socket } from 'socket.io-client'
import type { Test } from 'tap'
import type { TaskEvent } from '../../src/tasks/states.ts'
import type { Cluster } from './cluster.ts'

export interface Caller {
  token: string
  call(
    method: string,
    path: string,
    json?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: any }>
}

const calculation = (expression: string) => ({ agent_name: 'calculator', task_type: 'evaluate', parameters: { expression } })

/** Registers an account and logs in. */
export async function signIn({ url }: Cluster, email: string): Promise<Caller> {
  const guest = callerOf(url, '')
  const credentials = { email, password: 'a long enough sentence' }
  await guest.call('POST', '/auth/register', credentials)
  const { body } = await guest.call('POST', '/auth/login', credentials)
  return callerOf(url, body.access_token)
}

export function callerOf(url: string, token: string): Caller {
  return {
    token,
    async call(method, path, json, more = {}) {
      const headers = {
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...more,
      }
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers,
        ...(json !== undefined && { body: JSON.stringify(json) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
    },
  }
}

/** A token that the API accepts, without an account. */
export function signToken(secret: string, subject: string): Promise<string> {
  const claims = new SignJWT({ roles: ['user'] }).setProtectedHeader({ alg: 'HS256' }).setSubject(subject)
  return claims.setIssuer('gatefold').setAudience('gatefold-reference').setExpirationTime('1h').sign(Buffer.from(secret))
}

/** Runs an agent now, and as a task that is followed live over a socket; the task runs in another process than the one that took it in. */
export async function runsAgents(t: Test, { url }: Cluster, { call, token }: Caller): Promise<void> {
  t.match(await call('POST', '/agents/execute', calculation('2 * (3 + 4)')), {
    status: 200,
    body: { success: true, result: { value: 14 } },
  })

  // It begins by polling, and the balancer's cookie leads it back to the process that knows it.
  const socket = io(url, { path: '/ws', auth: { token }, forceNew: true, withCredentials: true })
  t.teardown(() => socket.disconnect())
  const { status, body } = await call('POST', '/agents/execute/async', calculation('6 * 7'))
  t.equal(status, 202)
  const events = await followed(socket, body.task_id)
  t.same(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
    'every event, in order',
  )
  t.equal(events.at(-1)?.status, 'completed')
  t.match(await call('GET', `/agents/status/${body.task_id}`), {
    status: 200,
    body: { status: 'completed', result: { result: { value: 42 } } },
  })
}

async function followed(socket: Socket, taskId: string): Promise<TaskEvent[]> {
  const events: TaskEvent[] = []
  const ended = new Promise<void>((resolve) => {
    const add = (event: TaskEvent) => {
      events.push(event)
      if (event.status === 'completed' || event.status === 'failed') resolve()
    }
    socket.on('task:event', add)
    socket
      .timeout(30_000)
      .emitWithAck('task:watch', { task_id: taskId })
      .then((answer: { events: TaskEvent[] }) => answer.events.forEach(add))
  })
  await ended
  return events.toSorted((a, b) => a.seq - b.seq)
}

/** Sends many requests at once through all processes: exactly the limit is admitted. */
export async function sharesLimits(t: Test, { api }: Cluster, token: string): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: 240 }, (_, index) =>
      callerOf((api[index % api.length] as { url: string }).url, token).call('GET', '/agents'),
    ),
  )
  const statuses = Object.groupBy(answers, ({ status }) => String(status))
  t.equal(statuses['200']?.length, 100, 'exactly the limit')
  t.equal(statuses['429']?.length, 140)
}

/** Redis ends: limits by ip refuse and the others admit, quickly; nobody is unready; it comes back, and all count again. */
export async function doesWithoutRedis(t: Test, { api, redis }: Cluster, { call }: Caller): Promise<void> {
  const login = () => call('POST', '/auth/login', { email: 'nobody@example.com', password: 'a long enough sentence' })
  await redis.kill()
  let began = performance.now()
  while ((await login()).status !== 503) began = performance.now()
  t.match(await call('GET', '/auth/me'), { status: 200 })
  t.comment(`two requests without Redis: ${(performance.now() - began).toFixed(0)} ms`)
  for (const { url } of api) t.equal((await fetch(`${url}/readyz`)).status, 200)
  t.match(await call('GET', '/health/detailed'), { body: { status: 'degraded', services: { limiter: { status: 'unhealthy' } } } })
  await redis.start()
  const back = performance.now()
  while ((await login()).status === 503) await setTimeout(20)
  t.comment(`counting again ${(performance.now() - back).toFixed(0)} ms after Redis is back`)
}

/** The first processes of the API are stopped and started again, one after the other, as a rolling update does. */
export async function rolls(t: Test, cluster: Cluster, count = cluster.api.length): Promise<void> {
  for (const [index, member] of cluster.api.slice(0, count).entries()) {
    t.equal(await member.end('SIGTERM'), 0, 'it exits in order')
    cluster.api[index] = await cluster.start('api', member.port)
    while ((await cluster.balancer?.servers()) !== cluster.api.length) await setTimeout(50)
  }
}
