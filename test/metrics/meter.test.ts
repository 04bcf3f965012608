import t from 'tap'
import { createMeter, gaugeOf } from '../../src/metrics/meter.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'

t.test('a histogram counts each duration in the first bucket that holds it, and all behind', async (t) => {
  const cell = createMeter().histogram('h', 'help', [], [0.1, 1]).cell()
  for (const seconds of [0.05, 0.1, 0.5, 7]) cell.observe(seconds)
  t.equal(cell.count, 4)
  t.same(
    cell.samples('h', {}).map(({ metricName, labels, value }) => [metricName, labels.le, value]),
    [
      ['h_bucket', '0.1', 2],
      ['h_bucket', '1', 3],
      ['h_bucket', '+Inf', 4],
      ['h_sum', undefined, 7.65],
      ['h_count', undefined, 4],
    ],
  )
})

t.test('an instrument of a known name goes on, a gauge is read by its newest reader', async (t) => {
  const meter = createMeter()
  for (const generation of [1, 2]) {
    meter.counter('c', 'help', ['who']).add('ada')
    gaugeOf(meter, 'g', 'help', () => generation)
  }
  const [counter, gauge] = meter.instruments()
  t.same(await counter?.samples(), [{ labels: { who: 'ada' }, value: 2 }])
  t.same(await gauge?.samples(), [{ labels: {}, value: 2 }])
})

t.test('a scrape escapes labels, goes on without what fails or hangs, and shows what was added later', async (t) => {
  const { meter, exposition } = createMetrics()
  meter.counter('odd', 'with a \\ and a\nbreak', ['label']).add('a "b"\\\nc')
  meter.gauge('away', 'fails', () => Promise.reject(new Error('away')))
  const { text } = await exposition()
  const first = await text()
  t.match(first, 'odd{label="a \\"b\\"\\\\\\nc"} 1')
  t.match(first, '# HELP odd with a \\\\ and a\\nbreak')
  t.match(first, /^# TYPE away gauge$/m)
  t.notMatch(first, /^away\b/m)
  t.match(first, /^nodejs_eventloop_lag_p99_seconds /m)
  t.match(first, /^process_resident_memory_bytes /m)
  gaugeOf(meter, 'late', 'help', () => 7)
  t.match(await text(), /^late 7$/m)
})
