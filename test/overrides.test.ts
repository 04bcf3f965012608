import t from 'tap'
import { type GatewayOptions, planGateway } from '../src/gateway.ts'
import { writeProject } from './gateway.ts'

const operation = (operationId: string) => ({ operationId, responses: { 200: { description: 'ok' } } })
const project = {
  openapi: {
    openapi: '3.1.0',
    info: { title: 't', version: '1' },
    paths: { '/one': { get: operation('one') }, '/two': { get: operation('two') } },
  },
  gateway:
    'operations: { one: { access: public, rateLimit: { limit: 5, window: 10s, by: ip } }, two: { access: public, mock: true } }',
  handlers: 'export const one = () => 1',
  files: { 'gateway.local.yaml': 'server: { port: 9001 }' },
}

t.test('overrides', async (t) => {
  const directory = writeProject(t, project)
  const plan = (overrides: GatewayOptions['overrides'], env?: string) =>
    planGateway({ directory, environment: {}, env, overrides })
  const findings = async (overrides: GatewayOptions['overrides']) =>
    (await plan(overrides)).diagnostics.map(({ code, at, message, hint }) => ({ code, file: at?.file, message, hint }))

  await t.test('the configuration is laid over the files, one after the other', async (t) => {
    const { config, operations, diagnostics } = await plan(
      {
        config: [
          { server: { host: '127.0.0.1' }, operations: { one: { rateLimit: { limit: 7 } } } },
          (written) => ({ docs: { path: `/docs-${(written as { server: { host: string } }).server.host}` } }),
        ],
      },
      'local',
    )
    t.same(diagnostics, [])
    t.match(config, { server: { host: '127.0.0.1', port: 9001 }, docs: { path: '/docs-127.0.0.1' } })
    t.match(operations[0]?.settings.get('rateLimit')?.value, { limit: 7, window: '10s' })
  })

  await t.test('it is checked like the files', async (t) => {
    t.match(await findings({ config: [{ server: { prot: 1 } }] }), [{ code: 'unknown-key', file: '(overrides)', hint: /port/ }])
    t.match(await findings({ config: [{ operations: { oen: { roles: ['a'] } } }] }), [
      { code: 'unknown-operation', file: '(overrides)', hint: "did you mean 'one'?" },
    ])
  })

  await t.test('what would change nothing is an error', async (t) => {
    t.match(await findings({ handlers: { oen: () => 1 } }), [{ code: 'unknown-override', hint: "did you mean 'one'?" }])
    t.match(await findings({ handlers: { two: () => 1 } }), [{ code: 'unused-override', message: /answered by 'mock'/ }])
    t.match(await findings({ services: { datebase: {} } as never }), [
      { code: 'unknown-override', hint: "did you mean 'database'?" },
    ])
    const config = [{ operations: { two: { mock: false } } }]
    t.same(await findings({ config, handlers: { one: () => 1, two: () => 2 } }), [])
  })
})
