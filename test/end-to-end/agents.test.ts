import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { agents } from '../../handlers/agents/registry.ts'
import { startReference } from './reference.ts'

const { request } = await startReference(t)
const as = { subject: 'somebody', roles: ['user'] }

t.test('agents', async (t) => {
  const execute = (agent_name: string, task_type: string, parameters?: object) =>
    request('POST', '/agents/execute', { as, json: { agent_name, task_type, parameters } })

  await t.test('the list, and each of them', async (t) => {
    const { status, body } = await request('GET', '/agents', { as })
    t.equal(status, 200)
    t.same(
      body.agents.map(({ name }: { name: string }) => name),
      ['calculator', 'csv_profiler', 'language_model', 'text_analyst', 'text_differ'],
    )
    for (const { name, task_types } of body.agents) {
      const agent = await request('GET', `/agents/${name}`, { as })
      t.same(
        agent.body.tasks.map(({ task_type }: { task_type: string }) => task_type),
        task_types,
        name,
      )
      t.ok(
        agent.body.tasks.every(({ parameters }: { parameters: { type: string } }) => parameters.type === 'object'),
        name,
      )
    }
    t.match(await request('GET', '/agents/nobody', { as }), {
      status: 404,
      body: { code: 'not_found', detail: /the agents are calculator, / },
    })
    t.match(await request('GET', '/agents/No-Name', { as }), { status: 422 })
    t.match(await request('GET', '/agents'), { status: 401 })
  })

  await t.test('each does its work', async (t) => {
    const { body } = await execute('calculator', 'evaluate', {
      expression: 'sum(price * count)',
      columns: { price: [1.5, 2.25, 10], count: [4, 2, 1] },
    })
    t.match(body, {
      success: true,
      status: 'completed',
      result: { value: 20.5 },
      error: null,
      metadata: { agent_name: 'calculator', task_type: 'evaluate' },
    })
    t.match(body.task_id, /^[0-9a-f-]{36}$/)
    t.ok(Date.parse(body.metadata.started_at) > 0)

    const profile = await execute('csv_profiler', 'profile', { csv: 'city,people\nBern,134591\nBasel,173863\n' })
    t.match(profile.body, {
      success: true,
      result: {
        rows: 2,
        columns: [
          { name: 'city', type: 'text' },
          { type: 'integer', max: 173863 },
        ],
      },
    })
    const text = await execute('text_analyst', 'statistics', { text: 'One two. Three!' })
    t.match(text.body, { result: { words: 3, sentences: 2 } })
    const diff = await execute('text_differ', 'lines', { before: 'a\n', after: 'b\n' })
    t.match(diff.body, { result: { unified: '@@ -1 +1 @@\n-a\n+b\n' } })
  })

  await t.test('what an agent cannot work on is a failed run', async (t) => {
    const failed = await execute('csv_profiler', 'profile', { csv: 'a,b\n"open' })
    t.match(failed, {
      status: 200,
      body: { success: false, status: 'failed', result: null, error: 'line 2: the quote that opens here is never closed' },
    })
    t.match(await execute('calculator', 'evaluate', { expression: 'process.exit(1)' }), {
      status: 200,
      body: { success: false, error: /^character 8: / },
    })
    t.match(await execute('language_model', 'complete', { prompt: 'Hello' }), {
      status: 200,
      body: { success: false, error: /OPENAI_BASE_URL/ },
    })
  })

  await t.test('what no agent can take is refused, with everything that is wrong', async (t) => {
    t.match(await execute('nobody', 'work'), { status: 404, body: { code: 'not_found' } })
    t.match(await execute('calculator', 'dance'), {
      status: 422,
      body: { errors: [{ place: 'body', pointer: '/task_type', message: /evaluate, derive/ }] },
    })
    t.match(await execute('calculator', 'constructor'), { status: 422 })
    const wrong = await execute('text_analyst', 'keywords', { text: 7, limit: 1000, colour: 'red' })
    t.match(wrong, { status: 422, body: { code: 'validation_failed' } })
    t.same(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
      '/parameters/colour',
      '/parameters/limit',
      '/parameters/text',
    ])
    t.match((await execute('text_analyst', 'keywords')).body.errors, [{ pointer: '/parameters/text', message: 'is required' }])
    t.match(await request('POST', '/agents/execute', { as, json: [] }), { status: 422 })
    t.match(await request('POST', '/agents/execute', { as, form: { a: 'b' } }), { status: 415 })
    t.match(await request('POST', '/agents/execute', { as, headers: { 'content-type': 'application/json' } }), { status: 422 })
  })

  await t.test('who may run them', async (t) => {
    const json = { agent_name: 'calculator', task_type: 'evaluate', parameters: { expression: '1' } }
    t.match(await request('POST', '/agents/execute', { json }), { status: 401 })
    t.match(await request('POST', '/agents/execute', { as: { subject: 'guest' }, json }), {
      status: 403,
      body: { code: 'forbidden' },
    })
  })
})

t.test('the language model', async (t) => {
  const seen: { authorization: string | undefined; body: any }[] = []
  const answers: { status: number; headers?: Record<string, string>; body: string }[] = []
  const model = createServer(async (request, response) => {
    const chunks = await request.toArray()
    seen.push({ authorization: request.headers.authorization, body: JSON.parse(Buffer.concat(chunks).toString()) })
    const { status, headers, body } = answers.shift()!
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  })
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve))
  t.teardown(() => model.close())
  const address = `http://127.0.0.1:${(model.address() as AddressInfo).port}`
  Object.assign(process.env, { OPENAI_BASE_URL: `${address}/v1/`, OPENAI_API_KEY: 'sk-secret', OPENAI_MODEL: 'tiny' })
  t.teardown(() => {
    for (const name of ['OPENAI_BASE_URL', 'OPENAI_API_KEY', 'OPENAI_MODEL']) delete process.env[name]
  })

  const ask = (parameters: object) =>
    request('POST', '/agents/execute', { as, json: { agent_name: 'language_model', task_type: 'complete', parameters } })

  answers.push({
    status: 200,
    body: JSON.stringify({
      model: 'tiny-1',
      choices: [{ message: { content: 'Hi!' }, finish_reason: 'stop' }],
      usage: { total_tokens: 3 },
    }),
  })
  const { body } = await ask({ prompt: 'Hello', system: 'Be short.', max_tokens: 5 })
  t.match(body, { success: true, result: { text: 'Hi!', model: 'tiny-1', finish_reason: 'stop', usage: { total_tokens: 3 } } })
  t.same(seen[0], {
    authorization: 'Bearer sk-secret',
    body: {
      model: 'tiny',
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Hello' },
      ],
      max_tokens: 5,
    },
  })

  answers.push({ status: 401, body: JSON.stringify({ error: 'bad key sk-secret' }) })
  t.match((await ask({ prompt: 'Hello' })).body, { success: false, error: 'the language model answered with status 401' })
  answers.push({ status: 302, headers: { location: `${address}/elsewhere` }, body: '{}' })
  t.match((await ask({ prompt: 'Hello' })).body, { success: false, error: /could not be reached/ })
  answers.push({ status: 200, body: 'not json sk-secret' })
  t.match((await ask({ prompt: 'Hello' })).body, { success: false, error: /did not answer in JSON/ })
  answers.push({ status: 200, body: '{}' })
  t.match((await ask({ prompt: 'Hello' })).body, { success: false, error: 'the language model gave no answer' })
  answers.push({ status: 200, body: 'null' })
  t.match((await ask({ prompt: 'Hello' })).body, { success: false, error: 'the language model gave no answer' })
  answers.push({ status: 200, body: `"${'x'.repeat(10_000_000)}"` })
  t.match((await ask({ prompt: 'Hello' })).body, { success: false, error: /answered with more than 10000000 characters/ })
  t.equal(seen.length, 7)
})

t.test('the examples of the document run', async (t) => {
  const { body: document } = await request('GET', '/openapi.json')
  const examples = Object.values(document.components.requestBodies.Execution.content['application/json'].examples) as {
    value: { agent_name: string }
  }[]
  t.ok(examples.length >= 3)
  for (const { value } of examples) {
    t.match(
      await request('POST', '/agents/execute', { as, json: value }),
      { status: 200, body: { success: true } },
      value.agent_name,
    )
    t.ok(agents.has(value.agent_name))
  }
})
