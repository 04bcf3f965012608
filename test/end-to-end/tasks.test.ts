import t from 'tap'
import { startReference } from './reference.ts'

t.test('an agent as a task', async (t) => {
  const { call, account } = await startReference(t)
  const { access_token: token } = await account('ada@example.com')
  const { access_token: other } = await account('eve@example.com')
  /** Follows a task's events until it has ended; which event comes next is up to the agent. */
  async function end(taskId: string): Promise<void> {
    for (let after = 0, ended = false; !ended; ) {
      const { body } = await call('GET', `/tasks/${taskId}/events?after=${after}&wait=20`, { token })
      for (const { seq, status } of body.events) {
        after = seq
        ended = ['completed', 'failed', 'cancelled'].includes(status)
      }
    }
  }
  const evaluate = { agent_name: 'calculator', task_type: 'evaluate', parameters: { expression: '2 * (3 + 4)' } }

  await t.test('is answered at once, and has its status and result where it says', async (t) => {
    const accepted = await call('POST', '/agents/execute/async', { token, json: evaluate })
    t.match(accepted, { status: 202, body: { status: 'queued' } })
    const { task_id } = accepted.body
    await end(task_id)
    t.match(await call('GET', `/agents/status/${task_id}`, { token }), {
      status: 200,
      body: { task_id, status: 'completed', error: null, result: { success: true, task_id, result: { value: 14 } } },
    })
    t.equal((await call('GET', `/agents/status/${task_id}`, { token: other })).status, 404)
    t.match(await call('GET', '/tasks?operation=executeAgentAsync', { token }), { body: { tasks: [{ task_id }] } })
  })

  await t.test('waits for the result when asked to', async (t) => {
    const done = await call('POST', '/agents/execute/async', { token, json: evaluate, headers: { prefer: 'wait=20' } })
    t.match(done, { status: 200, body: { success: true, result: { value: 14 } } })
  })

  await t.test('refuses what no agent can do, as a failed task', async (t) => {
    const json = { ...evaluate, agent_name: 'nobody' }
    const refused = await call('POST', '/agents/execute/async', { token, json, headers: { prefer: 'wait=20' } })
    t.match(refused, { status: 404, body: { code: 'not_found', task_id: /-/ } })
    const { body } = await call('GET', `/agents/status/${refused.body.task_id}`, { token })
    t.match(body, { status: 'failed', result: null, error: /there is no agent 'nobody'/ })
  })

  await t.test('stops when it is cancelled', async (t) => {
    const formulas = Array.from({ length: 100 }, (_, i) => ({ name: `y${i}`, expression: 'sum(x) + x' }))
    const parameters = { columns: { x: Array.from({ length: 5000 }, (_, i) => i) }, formulas }
    const json = { agent_name: 'calculator', task_type: 'derive', parameters }
    const { body } = await call('POST', '/agents/execute/async', { token, json })
    t.match((await call('DELETE', `/tasks/${body.task_id}`, { token })).status, /20[02]/)
    await end(body.task_id)
    t.match(await call('GET', `/agents/status/${body.task_id}`, { token }), { body: { status: 'cancelled', result: null } })
  })
})
