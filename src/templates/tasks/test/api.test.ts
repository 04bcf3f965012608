import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testGateway } from 'gatefold/test'

const gateway = await testGateway()
after(() => gateway.stop())

const as = { subject: 'ada', roles: ['author'] }
const json = { text: 'to be or not to be' }

test('a report is made by a task', async () => {
  const accepted = await gateway.request('POST', '/reports', { as, json })
  assert.equal(accepted.expect(202).body.status, 'queued')
  const task = await gateway.tasks.settled(accepted)
  assert.equal(task.status, 'completed')
  assert.deepEqual(task.result, {
    words: 6,
    most_frequent: [
      { word: 'to', count: 2 },
      { word: 'be', count: 2 },
      { word: 'or', count: 1 },
      { word: 'not', count: 1 },
    ],
  })
  assert.equal(task.events.findLast(({ type }) => type === 'progress')?.progress, 1)
})

test('who asks for it waits for the result', async () => {
  const answer = await gateway.request('POST', '/reports', { as, json, headers: { prefer: 'wait=20' } })
  assert.equal(answer.expect(200).body.words, 6)
})

test('a task is for its owner, and for authors only', async () => {
  const { body } = await gateway.request('POST', '/reports', { as, json })
  ;(await gateway.request('GET', body.status_url, { as })).expect(200)
  ;(await gateway.request('GET', body.status_url, { as: { ...as, subject: 'eve' } })).expect(404)
  ;(await gateway.request('POST', '/reports', { as: { subject: 'eve' }, json })).expect(403)
})
