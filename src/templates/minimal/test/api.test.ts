import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testGateway } from 'gatefold/test'

const gateway = await testGateway()
after(() => gateway.stop())

test('greets whoever asks', async () => {
  const answer = await gateway.request('GET', '/greetings/Ada', { query: { times: 2 } })
  assert.deepEqual(answer.expect(200).body, { greeting: 'Hello, Ada! Hello, Ada!' })
})

test('says what is wrong with a request', async () => {
  const { problem } = await gateway.request('GET', '/greetings/Ada', { query: { times: 9 } })
  assert.equal(problem?.code, 'validation_failed')
  assert.deepEqual(
    problem.errors?.map(({ place, pointer }) => `${place} ${pointer}`),
    ['query /times'],
  )
})

test('knows its caller, and refuses everybody else', async () => {
  const as = { subject: 'ada', roles: ['reader'] }
  assert.deepEqual((await gateway.request('GET', '/me', { as })).expect(200).body, as)
  const { headers } = (await gateway.request('GET', '/me')).expect(401)
  assert.match(headers.get('www-authenticate') ?? '', /^Bearer/)
})

test('limits how often it is called', async () => {
  const call = () => gateway.request('GET', '/greetings/Ada')
  while ((await call()).status === 200);
  assert.equal((await call()).status, 429)
  await gateway.clock.advance('60s')
  assert.equal((await call()).status, 200)
})
