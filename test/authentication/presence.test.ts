import t from 'tap'
import { serve } from '../gateway.ts'

const securitySchemes = {
  basic: { type: 'http', scheme: 'basic' },
  oauth: { type: 'oauth2', flows: {} },
  custom: { type: 'http', scheme: 'custom' },
  key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  certificate: { type: 'mutualTLS' },
}

/** Whose requests a mock lets through: `security` by path, and per set of headers the status. */
const rows: [name: string, security: object[], headers: Record<string, string>, status: number][] = [
  ['nothing is sent', [{ basic: [] }], {}, 401],
  ['any credential of the scheme', [{ basic: [] }], { authorization: 'Basic eDp5' }, 200],
  ['a credential of another scheme', [{ basic: [] }], { authorization: 'Bearer x' }, 401],
  ['scopes are not asked for', [{ oauth: ['things:write'] }], { authorization: 'Bearer x' }, 200],
  ['a scheme that only a mock can serve', [{ custom: [] }], { authorization: 'Custom x' }, 200],
  ['a credential of another scheme than that', [{ custom: [] }], { authorization: 'Basic eDp5' }, 401],
  ['both of two schemes', [{ oauth: [], key: [] }], { authorization: 'Bearer x', 'x-key': 'k' }, 200],
  ['one of two schemes', [{ oauth: [], key: [] }], { authorization: 'Bearer x' }, 401],
  [
    'two schemes that one header cannot carry',
    [{ basic: [], oauth: ['a'], key: [] }],
    { authorization: 'Bearer x', 'x-key': 'k' },
    200,
  ],
  ['neither of the two', [{ basic: [], oauth: ['a'], key: [] }], { 'x-key': 'k' }, 401],
  ['what leaves nothing in the request', [{ certificate: [] }], {}, 200],
  ['a scheme that is not described', [{ unknown: [] }], {}, 200],
]

t.test('a mock asks for credentials, whatever they are', async (t) => {
  const paths = Object.fromEntries(
    rows.map(([, security], index) => [`/r${index}`, { get: { security, responses: { 200: { description: 'ok' } } } }]),
  )
  const openapi = { openapi: '3.1.0', info: { title: 't', version: '1' }, paths, components: { securitySchemes } }
  const served = await serve(t, { openapi }, { mock: 'openapi.yaml' })
  served.gateway.plan.log.log.level = 'silent'
  for (const [index, [name, , headers, status]] of rows.entries())
    t.equal((await served.request('GET', `/r${index}`, { headers })).status, status, name)
})
