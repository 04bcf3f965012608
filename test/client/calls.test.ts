import t from 'tap'
import { ApiProblem, createClient, unwrap } from '../../src/client/client.ts'
import { definition } from './project/gatefold.ts'
import { serveClientProject } from './served.ts'

t.setTimeout(300_000)

t.test('calls', async (t) => {
  const { url, token } = await serveClientProject(t)
  const baseUrl = `${url}/`
  const api = createClient(definition, { baseUrl, token: () => token() })

  t.test('an answer is data, a refusal is an error with everything that the server said', async (t) => {
    const { data, error, response } = await api.greet({ params: { name: 'Ada Lovelace' }, query: { times: 2 } })
    t.strictSame(data, { greeting: 'Hello, Ada Lovelace! Hello, Ada Lovelace!' })
    t.equal(error, undefined)
    t.equal(response?.status, 200)

    const absent = await api.greet({ params: { name: 'nobody' } })
    t.equal(absent.data, undefined)
    t.match(absent.error, { status: 404, code: 'nobody_there', detail: 'there is nobody to greet', errors: [] })
    t.equal(absent.error?.body?.code, 'nobody_there')
    t.type(absent.error?.requestId, 'string')

    const invalid = await api.greet({ params: { name: '?' }, query: { times: 7 } })
    t.match(invalid.error, {
      status: 422,
      code: 'validation_failed',
      errors: [{ place: 'path', pointer: '/name' }, { place: 'query' }],
    })
  })

  t.test('unwrap gives the data or throws the problem', async (t) => {
    t.strictSame(await unwrap(api.greet({ params: { name: 'Ada' } })), { greeting: 'Hello, Ada!' })
    const thrown = await unwrap(api.greet({ params: { name: 'nobody' } })).catch((error: unknown) => error)
    t.ok(thrown instanceof ApiProblem && thrown instanceof Error)
    t.match(thrown, { code: 'nobody_there', message: 'Nobody there: there is nobody to greet' })
  })

  t.test('parameters of every style arrive as they were meant', async (t) => {
    const point = { x: 1, y: 'a,b/c d&e=f' }
    const plainPoint = { x: 2, y: 'plain' }
    const { data, error } = await api.echo({
      params: { simple: [1, 2], label: { x: 3, y: 'q' }, matrix: [4, 5], json: point },
      query: { form: ['a b', 'c&d=e', 'é'], joined: ['x', 'y z'], pipes: [1, 2], spaces: [3, 4], deep: point, text: point },
      headers: { 'X-Numbers': [7, 8], 'X-Point': plainPoint },
      cookies: { theme: 'dark; blue' },
    })
    t.equal(error, undefined)
    t.strictSame(data, {
      params: { simple: [1, 2], label: { x: 3, y: 'q' }, matrix: [4, 5], json: point },
      query: { form: ['a b', 'c&d=e', 'é'], joined: ['x', 'y z'], pipes: [1, 2], spaces: [3, 4], deep: point, text: point },
      headers: { numbers: [7, 8], point: plainPoint },
      cookies: { theme: 'dark; blue' },
    })
  })

  t.test('bodies: JSON, forms, text, files', async (t) => {
    t.equal((await api.login({ body: { user: 'ada' } })).data, 'json ada')
    const form = await api.login({ contentType: 'application/x-www-form-urlencoded', body: { username: 'ada & co' } })
    t.equal(form.data, 'form ada & co')
    t.equal((await api.login({ contentType: 'text/plain', body: 'ada' })).data, 'text ada')

    const file = new File(['1,2\n'], 'a.csv', { type: 'text/csv' })
    const stored = await api.store({
      body: { file, more: [new File(['x'], 'b.txt', { type: 'text/plain' })], place: { x: 1, y: 'here' } },
    })
    t.strictSame(stored.data, ['untitled', '1 here', 'a.csv text/csv 4', 'b.txt text/plain 1'])
  })

  t.test('what is neither JSON nor text is a blob; nothing is undefined', async (t) => {
    const { data } = await api.picture()
    t.equal(data?.type, 'image/png')
    t.strictSame(new Uint8Array(await (data as Blob).arrayBuffer()), Uint8Array.of(137, 80, 78, 71))
  })

  t.test('a parameter of the path that is missing is a fault of the program', async (t) => {
    // @ts-expect-error: the name is needed
    await t.rejects(api.greet({ params: {} }), {
      name: 'TypeError',
      message: "'params.name' of /api/greetings/{name} is missing",
    })
  })

  t.test('a token that the server refuses is asked for anew, once', async (t) => {
    const asked: (string | undefined)[] = []
    const renewing = createClient(definition, {
      baseUrl,
      token: async (refused) => {
        asked.push(refused)
        return refused === undefined ? 'stale' : token('grace')
      },
    })
    t.strictSame(await unwrap(renewing.getMe()), { subject: 'grace' })
    t.strictSame(asked, [undefined, 'stale'])

    const refused = createClient(definition, { baseUrl, token: () => 'stale' })
    t.match((await refused.getMe()).error, {
      status: 401,
      code: 'invalid_credentials',
      message: /^The credentials are not valid\.$/,
    })
    t.match((await createClient(definition, { baseUrl }).getMe()).error, { status: 401, code: 'unauthenticated' })
    const header = createClient(definition, { baseUrl, headers: { authorization: `Bearer ${await token('hedy')}` } })
    t.strictSame(await unwrap(header.getMe()), { subject: 'hedy' })
  })

  t.test('a server without room is asked again when it says, within limits', async (t) => {
    const patient = createClient(definition, { baseUrl })
    t.equal((await patient.limited()).error, undefined)
    t.equal((await patient.limited()).response?.status, 204, 'waited for its turn')
    const hasty = createClient(definition, { baseUrl, longestWait: 100 })
    t.match((await hasty.limited()).error, { status: 429, code: 'rate_limited' })
    const single = createClient(definition, { baseUrl, retries: 0 })
    t.match((await single.limited()).error, { status: 429, code: 'rate_limited' })
  })

  t.test('no answer, an answer that is none, and a call that is aborted are errors too', async (t) => {
    const nowhere = createClient(definition, { baseUrl: 'http://127.0.0.1:9', retries: 1 })
    t.match((await nowhere.getMe()).error, {
      status: 0,
      code: 'network_error',
      message: 'No answer came: http://127.0.0.1:9/api/me',
      cause: TypeError,
    })
    const proxy = createClient(definition, { fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }) })
    t.match((await proxy.getMe()).error, { status: 502, code: 'http_error', title: 'The server answered with status 502' })
    const torn = createClient(definition, {
      fetch: async () => new Response('{"subj', { headers: { 'content-type': 'application/json' } }),
    })
    t.match((await torn.getMe()).error, { code: 'network_error', cause: SyntaxError })
    const findings = [{ place: 'query', pointer: '/n', message: 'must be at most 3, got 9' }]
    const invalid = async () => Response.json({ title: 'No match', errors: findings }, { status: 422 })
    await t.rejects(unwrap(createClient(definition, { fetch: invalid }).getMe()), {
      message: 'No match: query /n must be at most 3, got 9',
    })
    t.match((await api.getMe({}, { signal: AbortSignal.abort() })).error, { code: 'aborted', status: 0 })
  })
})
