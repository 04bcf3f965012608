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

t.test('over a reload a service goes on while what it is made of stays, and while those go on that it uses', async (t) => {
  const events: string[] = []
  const define = (name: string, uses: string[], basis: (config: Record<string, unknown>) => unknown, renews = false) =>
    ({
      name,
      uses,
      basis: ({ config }: { config: Record<string, unknown> }) => basis(config),
      create: () => {
        const view = (generation: number): object => ({
          generation,
          start: async () => void events.push(`start ${name} ${generation}`),
          stop: async () => void events.push(`stop ${name} ${generation}`),
          activate: () => void events.push(`activate ${name} ${generation}`),
          ...(renews && { renew: () => view(generation + 1) }),
        })
        return view(1)
      },
    }) as never as ServiceDefinition
  const definitions = [
    define('store', [], ({ url }) => ({ url })),
    define('tasks', ['store'], () => undefined, true),
    define('other', [], () => undefined),
  ]
  const at = (config: object) => ({ log: pino({ enabled: false }), config }) as never
  const first = createServices(definitions, at({ url: 'a' }))
  await first.start()
  first.activate()

  const same = createServices(definitions, at({ url: 'a', more: true }), first)
  t.same([...same.kept], ['store', 'tasks', 'other'])
  t.equal(same.byName.get('other'), first.byName.get('other'), 'without a view of its own it is taken over as it is')
  t.match(same.byName.get('tasks'), { generation: 2 })
  events.length = 0
  await same.start()
  same.activate()
  await first.part((name) => !same.kept.has(name)).stop()
  t.notOk(
    events.some((event) => event.startsWith('stop')),
    'nothing that goes on is stopped',
  )
  t.ok(events.indexOf('start tasks 2') < events.indexOf('activate tasks 2'))

  const moved = createServices(definitions, at({ url: 'b' }), same)
  t.same([...moved.kept], ['other'], 'what uses another store is another one')
  events.length = 0
  await moved.start()
  await same.part((name) => !moved.kept.has(name)).stop()
  t.same(
    events.filter((event) => event.startsWith('stop')),
    ['stop tasks 2', 'stop store 1'],
  )
})

t.test('a generation that cannot start takes along only what it has brought', async (t) => {
  const { events, define } = recorder()
  const first = createServices([define('a')], tools)
  await first.start()
  events.length = 0
  const next = createServices([define('a'), define('b'), define('c', [], 'start')], tools, first)
  await t.rejects(next.start(), { message: 'c cannot start' })
  t.same(
    events.filter((event) => event.startsWith('stop')),
    ['stop c', 'stop b'],
  )
})
