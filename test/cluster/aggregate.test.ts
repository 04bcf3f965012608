import t from 'tap'
import { createAggregate } from '../../src/cluster/aggregate.ts'
import type { MetricReading } from '../../src/metrics/exposition.ts'

function readings(requests: number, sockets: number, up: number): MetricReading[] {
  const metric = (name: string, type: string, aggregator: string, value: number) => ({
    ...{ name, help: name, type, aggregator },
    values: [{ labels: { a: 'b' }, value }],
  })
  return [
    metric('requests_total', 'counter', 'sum', requests),
    metric('sockets', 'gauge', 'sum', sockets),
    metric('up', 'gauge', 'min', up),
  ]
}

const values = (text: string) =>
  Object.fromEntries([...text.matchAll(/^(\w+)\{a="b"\} (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]))

t.test('metrics of workers are put together as each metric says, and counters never decrease', async (t) => {
  const aggregate = createAggregate()
  const worker = (number: number, ...numbers: [number, number, number]) => ({
    pid: number,
    ask: async () => readings(...numbers),
  })
  const text = async (...workers: ReturnType<typeof worker>[]) => values(await aggregate.text(workers))
  t.strictSame(await text(worker(1, 10, 3, 1), worker(2, 5, 1, 0)), { requests_total: 15, sockets: 4, up: 0 })
  aggregate.depart(2)
  t.strictSame(await text(worker(1, 11, 3, 1)), { requests_total: 16, sockets: 3, up: 1 })
  t.strictSame(await text(worker(1, 11, 3, 1), worker(2, 2, 1, 1)), { requests_total: 18, sockets: 4, up: 1 })
  aggregate.depart(2)
  aggregate.depart(1)
  t.strictSame(await text(), { requests_total: 18 })
  const silent = { pid: 1, ask: async () => undefined }
  t.strictSame(values(await aggregate.text([silent])), { requests_total: 18 }, 'one that does not answer adds nothing')
})
