import t from 'tap'
import { startReference } from './reference.ts'

t.test('an agent as a task', async (t) => {
  const { request, tasks } = await startReference(t)
  const as = { subject: 'ada', roles: ['user'] }
  const other = { subject: 'eve', roles: ['user'] }
  const evaluate = { agent_name: 'calculator', task_type: 'evaluate', parameters: { expression: '2 * (3 + 4)' } }

  await t.test('is answered at once, and has its status and result where it says', async (t) => {
    const accepted = await request('POST', '/agents/execute/async', { as, json: evaluate })
    t.match(accepted, { status: 202, body: { status: 'queued' } })
    const { task_id } = await tasks.settled(accepted)
    t.match(await request('GET', `/agents/status/${task_id}`, { as }), {
      status: 200,
      body: { task_id, status: 'completed', error: null, result: { success: true, task_id, result: { value: 14 } } },
    })
    t.equal((await request('GET', `/agents/status/${task_id}`, { as: other })).status, 404)
    t.match(await request('GET', '/tasks?operation=executeAgentAsync', { as }), { body: { tasks: [{ task_id }] } })
  })

  await t.test('waits for the result when asked to', async (t) => {
    const done = await request('POST', '/agents/execute/async', { as, json: evaluate, headers: { prefer: 'wait=20' } })
    t.match(done, { status: 200, body: { success: true, result: { value: 14 } } })
  })

  await t.test('refuses what no agent can do, as a failed task', async (t) => {
    const json = { ...evaluate, agent_name: 'nobody' }
    const refused = await request('POST', '/agents/execute/async', { as, json, headers: { prefer: 'wait=20' } })
    t.match(refused, { status: 404, body: { code: 'not_found', task_id: /-/ } })
    const { body } = await request('GET', `/agents/status/${refused.body.task_id}`, { as })
    t.match(body, { status: 'failed', result: null, error: /there is no agent 'nobody'/ })
  })

  await t.test('stops when it is cancelled', async (t) => {
    const formulas = Array.from({ length: 100 }, (_, i) => ({ name: `y${i}`, expression: 'sum(x) + x' }))
    const parameters = { columns: { x: Array.from({ length: 5000 }, (_, i) => i) }, formulas }
    const json = { agent_name: 'calculator', task_type: 'derive', parameters }
    const accepted = await request('POST', '/agents/execute/async', { as, json })
    t.match((await request('DELETE', accepted.body.status_url, { as })).status, /20[02]/)
    const { task_id } = await tasks.settled(accepted)
    t.match(await request('GET', `/agents/status/${task_id}`, { as }), { body: { status: 'cancelled', result: null } })
  })
})
