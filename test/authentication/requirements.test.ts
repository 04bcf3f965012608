import t from 'tap'
import type { SchemeVerifier, Verification } from '../../src/authentication/credentials.ts'
import { compileRequirements, type Decision } from '../../src/authentication/requirements.ts'
import { Problem, problem } from '../../src/errors.ts'
import type { SecurityRequirement } from '../../src/model/operation.ts'

const source = { rawHeaders: [], search: '' }
const ada = { subject: 'ada', roles: ['user'], scopes: ['read'], claims: {}, scheme: 'token', expiresAt: 2000 }
const robot = { subject: 'robot', roles: ['machine'], scopes: ['write'], claims: {}, scheme: 'key', expiresAt: 1000 }
const away = problem('authentication_unavailable')

interface Said {
  token?: Verification
  key?: Verification
  basic?: Verification
}

/** Schemes that say what a test wants, at once or later. */
function schemes(said: Said, later: boolean): Map<string, SchemeVerifier> {
  const scheme = (challenge: string, bearer: boolean, listsRoles: boolean, verification: Verification): SchemeVerifier => ({
    challenge,
    bearer,
    listsRoles,
    verify: () => (later ? Promise.resolve(verification) : verification),
  })
  return new Map([
    ['token', scheme('Bearer realm="api"', true, false, said.token)],
    ['key', scheme('ApiKey realm="api"', false, true, said.key)],
    ['basic', scheme('Basic realm="api"', false, true, said.basic)],
  ])
}

const need = (scheme: string, ...scopes: string[]) => ({ scheme, scopes })
const token: SecurityRequirement = [need('token')]
const key: SecurityRequirement = [need('key')]
const both: SecurityRequirement = [need('token'), need('key')]
const anonymous: SecurityRequirement = []

/** A decision in one word. */
function word(decision: Decision): string {
  if (decision === undefined) return 'anonymous'
  return decision instanceof Problem ? `${decision.status} ${decision.code}` : decision.subject
}

const absent = '401 unauthenticated'
const invalid = '401 invalid_credentials'
const forbidden = '403 forbidden'
const undecided = '503 authentication_unavailable'

const table: [name: string, alternatives: SecurityRequirement[], said: Said, expected: string][] = [
  ['one: good', [token], { token: ada }, 'ada'],
  ['one: absent', [token], {}, absent],
  ['one: foreign', [token], { token: 'foreign' }, absent],
  ['one: invalid', [token], { token: 'invalid' }, invalid],
  ['one: expired', [token], { token: 'expired' }, invalid],
  ['one: undecidable', [token], { token: away }, undecided],
  ['or: the first', [token, key], { token: ada, key: robot }, 'ada'],
  ['or: the second', [token, key], { key: robot }, 'robot'],
  ['or: the second, though the first is invalid', [token, key], { token: 'invalid', key: robot }, 'robot'],
  ['or: the second, though the first is undecidable', [token, key], { token: away, key: robot }, 'robot'],
  ['or: none', [token, key], {}, absent],
  ['or: one invalid', [token, key], { key: 'invalid' }, invalid],
  ['or: invalid and undecidable', [token, key], { token: away, key: 'invalid' }, undecided],
  ['and: both', [both], { token: ada, key: robot }, 'ada'],
  ['and: one absent', [both], { token: ada }, absent],
  ['and: one invalid', [both], { token: ada, key: 'invalid' }, invalid],
  ['and: one undecidable', [both], { token: away, key: robot }, undecided],
  ['and in or', [both, [need('basic')]], { token: ada, basic: robot }, 'robot'],
  ['optional: nothing', [token, anonymous], {}, 'anonymous'],
  ['optional: good', [anonymous, token], { token: ada }, 'ada'],
  ['optional: invalid', [token, anonymous], { token: 'invalid' }, invalid],
  ['optional: expired', [token, anonymous], { token: 'expired' }, invalid],
  ['optional: foreign', [token, anonymous], { token: 'foreign' }, absent],
  ['optional: undecidable', [token, anonymous], { token: away }, undecided],
  ['optional: half of an and', [both, anonymous], { token: ada }, 'anonymous'],
  ['optional: half of an and, the other half invalid', [both, anonymous], { token: ada, key: 'invalid' }, invalid],
  ['optional: of two, one good and one invalid', [token, key, anonymous], { token: 'invalid', key: robot }, 'robot'],
  ['optional: lacking scopes', [[need('token', 'write')], anonymous], { token: ada }, 'anonymous'],
  ['only {}', [anonymous], { token: 'invalid' }, 'anonymous'],
  ['scopes: has them', [[need('token', 'read')]], { token: ada }, 'ada'],
  ['scopes: lacks one', [[need('token', 'read', 'write')]], { token: ada }, forbidden],
  ['scopes: a role is no scope', [[need('token', 'user')]], { token: ada }, forbidden],
  ['scopes: of a key may be roles', [[need('key', 'machine', 'write')]], { key: robot }, 'robot'],
  ['scopes: each scheme has its own', [[need('token'), need('key', 'read')]], { token: ada, key: robot }, forbidden],
  ['scopes: another alternative has them', [[need('token', 'write')], [need('token', 'read')]], { token: ada }, 'ada'],
  ['scopes: lacking weighs more than absent', [key, [need('token', 'write')]], { token: ada }, forbidden],
  ['scopes: undecidable weighs more than lacking', [key, [need('token', 'write')]], { token: ada, key: away }, undecided],
  ['unknown scheme', [[need('saml')]], { token: ada }, forbidden],
  ['unknown scheme in an and', [[need('token'), need('saml')]], { token: ada }, forbidden],
  ['unknown scheme beside a known one', [[need('saml')], token], { token: ada }, 'ada'],
  ['no alternatives', [], { token: ada }, forbidden],
]

for (const later of [false, true]) {
  t.test(`security, verified ${later ? 'later' : 'at once'}`, async (t) => {
    for (const [name, alternatives, said, expected] of table) {
      const decide = compileRequirements(alternatives, schemes(said, later))
      t.equal(word(await decide(source)), expected, name)
    }
  })
}

t.test('nothing is promised where nothing has to be waited for', (t) => {
  for (const alternatives of [[token], [token, key], [both], [token, anonymous]]) {
    const decision = compileRequirements(alternatives, schemes({ token: ada, key: robot }, false))(source)
    t.equal((decision as { subject: string }).subject, 'ada')
  }
  t.end()
})

t.test('several schemes make one principal: the first, with all roles and scopes and the earliest end', async (t) => {
  const decision = await compileRequirements([both], schemes({ token: ada, key: robot }, false))(source)
  t.same(decision, { ...ada, roles: ['user', 'machine'], scopes: ['read', 'write'], expiresAt: 1000 })
})

t.test('WWW-Authenticate', async (t) => {
  const challenge = async (alternatives: SecurityRequirement[], said: Said) => {
    const decision = await compileRequirements(alternatives, schemes(said, false))(source)
    return (decision as Problem).headers?.['www-authenticate']
  }
  t.equal(await challenge([token], {}), 'Bearer realm="api"', 'no error where nothing was sent (RFC 6750 section 3.1)')
  t.equal(await challenge([token], { token: 'foreign' }), 'Bearer realm="api"')
  t.equal(
    await challenge([token], { token: 'invalid' }),
    'Bearer realm="api", error="invalid_token", error_description="The credentials are not valid."',
  )
  t.equal(
    await challenge([token], { token: 'expired' }),
    'Bearer realm="api", error="invalid_token", error_description="The credentials have expired."',
  )
  t.equal(await challenge([token, [need('basic')]], { basic: 'invalid' }), 'Bearer realm="api", Basic realm="api"')
  t.equal(await challenge([key], {}), 'ApiKey realm="api"')
  t.equal(
    await challenge([[need('token', 'write', 'admin')]], { token: ada }),
    'Bearer realm="api", error="insufficient_scope", scope="write admin"',
  )
  t.equal(
    await challenge([[need('token', 'a"b')]], { token: ada }),
    'Bearer realm="api", error="insufficient_scope"',
    'a scope that no header can hold',
  )
  t.equal(await challenge([[need('key', 'admin')]], { key: robot }), undefined)
})
