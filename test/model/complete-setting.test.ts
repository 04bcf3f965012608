import t, { type Test } from 'tap'
import { planGateway } from '../../src/index.ts'
import { writeProject } from '../gateway.ts'

const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1' },
  security: [],
  paths: { '/one': { get: { operationId: 'one', responses: { 200: { description: 'Fine' } } } } },
}

async function findings(t: Test, gateway: string) {
  const directory = writeProject(t, { openapi, gateway: `metrics: false\n${gateway}`, handlers: 'export const one = () => 1' })
  return (await planGateway({ directory, environment: {} })).diagnostics
}

t.test('what no layer gives is missing where the setting stands', async (t) => {
  const table: [name: string, gateway: string, finding: object][] = [
    [
      'in the defaults',
      'defaults: { rateLimit: { limit: 100, by: ip } }',
      {
        code: 'missing-key',
        message: 'defaults.rateLimit has no "window"',
        hint: 'Add "window", for example window: 60s',
        at: { line: 2, column: 24 },
      },
    ],
    [
      'with an operation',
      'operations: { one: { cors: { credentials: true } } }',
      { message: 'operations.one.cors has no "origins"', hint: /for example origins: \[ https:\/\/app\.example\.com \]$/ },
    ],
    [
      'of an upstream',
      'operations: { one: { upstream: { retries: 2 } } }',
      { message: 'operations.one.upstream has no "url"', hint: /for example url: https:\/\/weather\.example\/v2$/ },
    ],
    [
      'further down',
      'operations:\n  one:\n    task:\n      schedule: { timezone: UTC }',
      { message: 'operations.one.task.schedule has no "cron"', at: { line: 5, column: 17 } },
    ],
  ]
  for (const [name, gateway, finding] of table) t.match(await findings(t, gateway), [finding], name)
})

t.test('layers are mentioned where there are several', async (t) => {
  const gateway = 'defaults: { rateLimit: { limit: 100 } }\noperations: { one: { rateLimit: { by: ip } } }'
  t.match(await findings(t, gateway), [
    { message: 'defaults.rateLimit has no "window"', at: { line: 2, column: 24 } },
    { message: 'operations.one.rateLimit has no "window" (laid over defaults.rateLimit)', at: { line: 3, column: 33 } },
  ])
})
