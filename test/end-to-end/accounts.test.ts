import t from 'tap'
import { bearer, password, startReference } from './reference.ts'

const { request, account, services, clock } = await startReference(t)

t.test('register, log in, who am I', async (t) => {
  const registered = await request('POST', '/auth/register', { json: { email: 'Ada@Example.com', password, name: 'Ada' } })
  t.equal(registered.status, 201)
  const { id, created_at, ...rest } = registered.body
  t.same(rest, { email: 'ada@example.com', name: 'Ada', roles: ['user'] }, 'no password, no hash; the address is normalised')

  const login = await request('POST', '/auth/login', { json: { email: 'ADA@example.com', password } })
  t.equal(login.status, 200)
  t.equal(login.headers.get('cache-control'), 'no-store')
  t.match(login.body, { token_type: 'bearer', expires_in: 1800, refresh_expires_in: 604800 })

  const form = await request('POST', '/auth/login', { form: { grant_type: 'password', username: 'ada@example.com', password } })
  t.equal(form.status, 200)
  t.not(form.body.refresh_token, login.body.refresh_token, 'each login is a session of its own')

  for (const { access_token } of [login.body, form.body]) {
    const me = await request('GET', '/auth/me', bearer(access_token))
    t.same([me.status, me.body], [200, { id, created_at, ...rest }])
  }

  await t.test('an address has one account', async (t) => {
    const again = await request('POST', '/auth/register', { json: { email: 'ada@EXAMPLE.com', password } })
    t.match(again, { status: 409, body: { code: 'email_taken' } })
    const race = await Promise.all(
      Array.from({ length: 3 }, () => request('POST', '/auth/register', { json: { email: 'race@example.com', password } })),
    )
    t.same(race.map(({ status }) => status).sort(), [201, 409, 409])
  })

  await t.test('what a registration must have', async (t) => {
    const short = await request('POST', '/auth/register', { json: { email: 'nobody', password: 'short', admin: true } })
    t.match(short, { status: 422, body: { code: 'validation_failed' } })
    t.same(short.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), ['/admin', '/email', '/password'])
    const named = await request('POST', '/auth/register', {
      json: { email: 'grace.hopper@example.com', password: 'i am Grace.Hopper, hello' },
    })
    t.match(named, { status: 422, body: { errors: [{ place: 'body', pointer: '/password' }] } })
    const lines = await request('POST', '/auth/register', { json: { email: 'nul@example.com', password, name: 'a\0b' } })
    t.match(lines, { status: 422, body: { errors: [{ place: 'body', pointer: '/name' }] } }, 'Postgres takes no NUL')
  })

  await t.test('a wrong password and an unknown address get the same answer', async (t) => {
    const wrong = await request('POST', '/auth/login', { json: { email: 'ada@example.com', password: 'wrong' } })
    const unknown = await request('POST', '/auth/login', { json: { email: 'nobody@example.com', password: 'wrong' } })
    t.match(wrong, { status: 401, body: { code: 'invalid_credentials' } })
    t.ok(wrong.headers.get('www-authenticate'))
    const { request_id: _one, ...first } = wrong.body
    const { request_id: _two, ...second } = unknown.body
    t.same(first, second)
    const neither = await request('POST', '/auth/login', { json: { password } })
    t.match(neither, { status: 422, body: { code: 'validation_failed' } })
    const nul = await request('POST', '/auth/login', { form: { username: 'a\0b', password } })
    t.match(nul, { status: 422, body: { errors: [{ place: 'body', pointer: '/username' }] } })
  })

  await t.test('guessing is slow', async (t) => {
    const guesses = await Promise.all(
      Array.from({ length: 10 }, () => request('POST', '/auth/login', { json: { email: 'ada@example.com', password: 'wrong' } })),
    )
    const refused = guesses.find(({ status }) => status === 429)
    t.match(refused, { body: { code: 'rate_limited' } })
    t.match(refused?.headers.get('retry-after'), /^\d+$/)
  })
})

t.test('sessions', async (t) => {
  // Who has guessed passwords has to wait.
  await clock.advance('1m')
  const refresh = (refresh_token: string) => request('POST', '/auth/refresh', { json: { refresh_token } })
  const { database } = services

  await t.test('a refresh token works once; using it again ends the session', async (t) => {
    const first = await account('one@example.com')
    const second = await refresh(first.refresh_token)
    t.equal(second.status, 200)
    t.equal(second.headers.get('cache-control'), 'no-store')
    t.not(second.body.refresh_token, first.refresh_token)
    t.equal((await request('GET', '/auth/me', bearer(second.body.access_token))).status, 200)

    const reused = await refresh(first.refresh_token)
    t.match(reused, { status: 401, body: { code: 'refresh_token_reused' } })
    t.ok(reused.headers.get('www-authenticate'))
    t.match(
      await refresh(second.body.refresh_token),
      { status: 401, body: { code: 'invalid_credentials' } },
      'the whole family is revoked',
    )
  })

  await t.test('of many refreshes at once one wins, and none of them survives', async (t) => {
    const { refresh_token } = await account('many@example.com')
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(refresh_token)))
    const won = answers.filter(({ status }) => status === 200)
    t.equal(won.length, 1)
    t.same(
      new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.code)),
      new Set(['refresh_token_reused']),
    )
    t.equal((await refresh(won[0]!.body.refresh_token)).status, 401)
  })

  await t.test('tokens that are unknown, expired or not even tokens', async (t) => {
    const { refresh_token } = await account('late@example.com')
    await database.query("UPDATE refresh_token SET expires_at = now() - interval '1 second' WHERE used_at IS NULL")
    t.match(await refresh(refresh_token), { status: 401, body: { code: 'invalid_credentials' } })
    t.match(await refresh('no such token'), { status: 401, body: { code: 'invalid_credentials' } })
    t.match(await refresh(''), { status: 422 })
    t.match(await request('POST', '/auth/refresh', { json: {} }), { status: 422 })
  })

  await t.test('no token stands in the database', async (t) => {
    const { refresh_token } = await account('hidden@example.com')
    const { rows } = await database.query<{ hash: Buffer }>('SELECT hash FROM refresh_token')
    t.ok(rows.length > 0)
    t.notOk(rows.some(({ hash }) => hash.includes(refresh_token) || hash.equals(Buffer.from(refresh_token, 'base64url'))))
    const { rows: accounts } = await database.query<{ password_hash: string }>('SELECT password_hash FROM account')
    t.ok(accounts.every(({ password_hash }) => password_hash.startsWith('$argon2id$')))
  })

  await t.test('logout ends one session, by its bearer token or by its refresh token', async (t) => {
    const byBearer = await account('out@example.com')
    const { body: other } = await request('POST', '/auth/login', {
      form: { username: 'out@example.com', password: 'a long enough sentence' },
    })
    t.equal((await request('POST', '/auth/logout', bearer(byBearer.access_token))).status, 204)
    t.equal((await refresh(byBearer.refresh_token)).status, 401)

    const { body: next, status } = await refresh(other.refresh_token)
    t.equal(status, 200, 'the other session goes on')
    t.equal((await request('POST', '/auth/logout', { json: { refresh_token: next.refresh_token } })).status, 204)
    t.equal((await refresh(next.refresh_token)).status, 401)
    t.equal(
      (await request('POST', '/auth/logout', { json: { refresh_token: next.refresh_token } })).status,
      204,
      'twice does no harm',
    )
    t.match(await request('POST', '/auth/logout'), { status: 401, body: { code: 'unauthenticated' } })
  })
})

t.test('users and roles', async (t) => {
  const { request, account } = await startReference(t)
  const ada = await account('ada@example.com')
  const bob = await account('bob@example.com')
  const as = { subject: 'somebody at the console', roles: ['admin'] }

  t.match(await request('GET', '/users'), { status: 401, body: { code: 'unauthenticated' } })
  t.match(await request('GET', '/users', bearer(ada.access_token)), { status: 403, body: { code: 'forbidden' } })

  const first = await request('GET', '/users?limit=1', { as })
  t.match(first, { status: 200, body: { users: [{ email: 'ada@example.com' }] } })
  const second = await request('GET', `/users?limit=1&cursor=${first.body.next_cursor}`, { as })
  t.match(second.body, { users: [{ email: 'bob@example.com' }], next_cursor: null })
  t.match((await request('GET', '/users?email=BOB@example.com', { as })).body, {
    users: [{ id: bob.id }],
    next_cursor: null,
  })
  t.match(await request('GET', '/users?limit=0&cursor=x', { as }), { status: 422, body: { errors: { length: 2 } } })

  await t.test('roles take effect at the next refresh', async (t) => {
    const set = await request('PUT', `/users/${ada.id}/roles`, { as, json: { roles: ['user', 'admin'] } })
    t.match(set, { status: 200, body: { id: ada.id, roles: ['user', 'admin'] } })
    t.equal((await request('GET', '/users', bearer(ada.access_token))).status, 403)
    const { body } = await request('POST', '/auth/refresh', { json: { refresh_token: ada.refresh_token } })
    t.equal((await request('GET', '/users', bearer(body.access_token))).status, 200)
  })

  await t.test('one administrator stays', async (t) => {
    const last = { status: 409, body: { code: 'last_admin', title: 'This is the last administrator' } }
    t.match(await request('PUT', `/users/${ada.id}/roles`, { as, json: { roles: ['user'] } }), last)
    t.match(await request('DELETE', `/users/${ada.id}`, { as }), last)
    t.match(await request('PUT', `/users/${ada.id}/roles`, { as, json: { roles: ['admin'] } }), { status: 200 })
    const promoted = await request('PUT', `/users/${bob.id}/roles`, { as, json: { roles: ['user', 'admin'] } })
    t.match(promoted, { status: 200 })
    const both = [ada, bob].map(({ id }) => request('PUT', `/users/${id}/roles`, { as, json: { roles: ['user'] } }))
    t.same((await Promise.all(both)).map(({ status }) => status).sort(), [200, 409], 'two that step down at once do not both')
    const { users } = (await request('GET', '/users', { as })).body
    const admins = users.filter(({ roles }: { roles: string[] }) => roles.includes('admin'))
    t.equal(admins.length, 1)
    await request('PUT', `/users/${ada.id}/roles`, { as, json: { roles: ['user', 'admin'] } })
    t.match(await request('PUT', `/users/${bob.id}/roles`, { as, json: { roles: ['user'] } }), { status: 200 })
  })

  await t.test('what roles may not be', async (t) => {
    const path = `/users/${bob.id}/roles`
    t.match(await request('PUT', path, { ...bearer(bob.access_token), json: { roles: ['admin'] } }), { status: 403 })
    t.match(await request('PUT', path, { as, json: { roles: ['root'] } }), { status: 422 })
    t.match(await request('PUT', path, { as, json: { roles: ['user', 'user'] } }), { status: 422 })
    t.match(await request('PUT', '/users/not-a-uuid/roles', { as, json: { roles: [] } }), { status: 422 })
    const nobody = '0198f3c2-7d54-7b6e-9d0f-3c1e5a7b9d11'
    t.match(await request('PUT', `/users/${nobody}/roles`, { as, json: { roles: [] } }), {
      status: 404,
      body: { code: 'not_found' },
    })
  })

  await t.test('a deleted account cannot go on', async (t) => {
    t.match(await request('DELETE', `/users/${bob.id}`, bearer(bob.access_token)), { status: 403 })
    t.equal((await request('DELETE', `/users/${bob.id}`, { as })).status, 204)
    t.match(await request('GET', '/auth/me', bearer(bob.access_token)), { status: 401, body: { code: 'invalid_credentials' } })
    t.match(await request('POST', '/auth/refresh', { json: { refresh_token: bob.refresh_token } }), { status: 401 })
    t.match(await request('POST', '/auth/login', { json: { email: 'bob@example.com', password: 'a long enough sentence' } }), {
      status: 401,
    })
    t.match(await request('DELETE', `/users/${bob.id}`, { as }), { status: 404 })
    t.match(await request('GET', '/auth/me', { as }), { status: 401 }, 'a subject that is no account')
  })
})
