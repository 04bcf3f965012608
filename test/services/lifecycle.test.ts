import pino from 'pino'
import t from 'tap'
import { createServices, selectServices } from '../../src/services/lifecycle.ts'
import type { ServiceDefinition } from '../../src/services/service.ts'

function recorder() {
  const events: string[] = []
  const define = (name: string, uses: string[] = [], fail?: 'start' | 'stop'): ServiceDefinition =>
    ({
      name,
      uses,
      create: () => ({
        start: async () => {
          events.push(`start ${name}`)
          if (fail === 'start') throw new Error(`${name} cannot start`)
        },
        stop: async () => {
          events.push(`stop ${name}`)
          if (fail === 'stop') throw new Error(`${name} cannot stop`)
        },
      }),
    }) as never
  return { events, define }
}

const tools = { log: pino({ enabled: false }) } as never

t.test('only services that are asked for, and those that they use, are created', async (t) => {
  const { define } = recorder()
  const definitions = [define('a'), define('b', ['a']), define('c'), define('d', ['b'])]
  t.same(
    selectServices(definitions, ['d']).map(({ name }) => name),
    ['a', 'b', 'd'],
  )
  t.same(selectServices(definitions, []), [])
})

t.test('services start in order, stop in reverse, each once', async (t) => {
  const { events, define } = recorder()
  const group = createServices([define('a'), define('b')], tools)
  t.same(events, [], 'creating does nothing')
  await Promise.all([group.start(), group.start()])
  await Promise.all([group.stop(), group.stop()])
  t.same(events, ['start a', 'start b', 'stop b', 'stop a'])
})

t.test('a failed start stops what started and is reported', async (t) => {
  const { events, define } = recorder()
  const group = createServices([define('a'), define('b', [], 'start'), define('c')], tools)
  await t.rejects(group.start(), { message: 'b cannot start' })
  t.same(events, ['start a', 'start b', 'stop b', 'stop a'])
})

t.test('a service that does not stop keeps no other from stopping', async (t) => {
  const { events, define } = recorder()
  const group = createServices([define('a'), define('b', [], 'stop')], tools)
  await group.start()
  await group.stop()
  t.same(events, ['start a', 'start b', 'stop b', 'stop a'])
})
