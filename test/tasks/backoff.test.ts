import fc from 'fast-check'
import t from 'tap'
import { type Backoff, retryDelay } from '../../src/tasks/backoff.ts'

const backoff = (more: Partial<Backoff>): Backoff => ({ kind: 'fixed', delay: 100, max: 1000, jitter: 0, ...more })

t.test('a fixed delay stays, an exponential one doubles up to its longest', async (t) => {
  const delays = (settings: Backoff) => [1, 2, 3, 4, 5, 60, 2000].map((attempt) => retryDelay(settings, attempt))
  t.same(delays(backoff({})), [100, 100, 100, 100, 100, 100, 100])
  t.same(delays(backoff({ kind: 'exponential' })), [100, 200, 400, 800, 1000, 1000, 1000])
  t.same(delays(backoff({ kind: 'exponential', delay: 0 })).slice(0, 6), [0, 0, 0, 0, 0, 0])
})

t.test('jitter only ever shortens a delay, and by no more than its share', async () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (jitter, chance) => {
      const delay = retryDelay(backoff({ jitter }), 1, () => chance)
      return delay <= 100 && delay >= Math.floor(100 * (1 - jitter))
    }),
  )
})
