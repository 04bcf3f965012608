import { io } from 'socket.io-client'
import t from 'tap'
import { asyncApiErrors, payloadErrors } from '../described.ts'
import { serveTasks } from '../targets/tasks-project.ts'

t.test('what the socket says is what the AsyncAPI document says', async (t) => {
  const { url, request, token } = await serveTasks(t)
  const ada = await token('ada')
  const { body: described, headers } = await request('GET', '/api/asyncapi.json')
  t.match(headers.get('content-type'), 'application/json')
  t.equal(asyncApiErrors(described), '')
  t.equal(described.servers.gateway.variables.host.default, new URL(url).host, 'the port that is served, not the configured one')
  t.match((await request('GET', '/api/asyncapi.yaml')).text, /^asyncapi: 3/)

  const socket = io(url, { path: described.servers.gateway.pathname, transports: ['websocket'], auth: { token: ada } })
  t.teardown(() => socket.disconnect())
  const events: unknown[] = []
  socket.on('task:event', (event) => events.push(event))
  const ask = async (name: string, message: unknown) => {
    const id = name.replaceAll(/:(\w)/g, (_, letter: string) => letter.toUpperCase())
    const answer = await socket.timeout(60_000).emitWithAck(name, message)
    t.equal(payloadErrors(described, `${id}Answer`, answer), '', `the answer to ${name}`)
    t.equal(answer.ok, payloadErrors(described, id, message) === '', `${name} is refused when it is not as described`)
    return answer
  }

  const { body: sum } = await request('POST', '/api/sum', { token: ada, json: { of: [1, 2] } })
  await request('GET', `${sum.events_url}?after=2&wait=10`, { token: ada })
  const done = await ask('task:watch', { task_id: sum.task_id })
  t.strictSame(done.task.result, { sum: 3 })
  t.not(
    payloadErrors(described, 'taskWatchAnswer', { ...done, task: { ...done.task, result: 'three' } }),
    '',
    'results are typed by operation',
  )
  const { body: steps } = await request('POST', '/api/steps', { token: ada })
  await ask('tasks:watch', {})
  await ask('tasks:watch', { after: { [steps.task_id]: 1 } })
  await ask('task:watch', { task_id: steps.task_id, after: 1 })
  await ask('task:watch', { task_id: steps.task_id, after: -1 })
  await ask('task:watch', { task_id: 7 })
  await ask('tasks:watch', { after: { [steps.task_id]: 'x' } })
  await ask('tasks:watch', [])
  while (events.length < 5) await new Promise((resolve) => setTimeout(resolve, 10))
  await ask('task:unwatch', { task_id: steps.task_id })
  await ask('task:unwatch', {})
  await ask('tasks:unwatch', {})
  for (const event of events) t.equal(payloadErrors(described, 'taskEvent', event), '')
  await request('DELETE', steps.status_url, { token: ada })
})
