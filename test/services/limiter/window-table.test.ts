import fc from 'fast-check'
import t from 'tap'
import { createWindowTable } from '../../../src/services/limiter/window-table.ts'

const window = 1000
const never = () => {}

t.test('many keys count as in a Map, over windows that end and clocks that are set back a little', (t) => {
  const step = fc.record({
    after: fc.integer({ min: -1500, max: 400 }),
    from: fc.nat(200_000),
    keys: fc.nat(3000),
    requests: fc.nat(3),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const table = createWindowTable(window, never)
      const model = new Map<string, { count: number; resetAt: number }>()
      let time = 1_000_000
      let latest = time
      for (const { after, from, keys, requests } of steps) {
        time = Math.max(time + after, latest - window)
        latest = Math.max(time, latest)
        for (let i = from; i < from + keys; i++) {
          const known = model.get(`key-${i}`)
          const open = known !== undefined && time < known.resetAt ? known : undefined
          const expected = { count: (open?.count ?? 0) + requests, resetAt: open?.resetAt ?? time + window }
          model.set(`key-${i}`, expected)
          const { count, resetAt } = table.count(`key-${i}`, requests, time)
          if (count !== expected.count || resetAt !== expected.resetAt)
            throw new Error(`key-${i} at ${time}: ${count} until ${resetAt}, not ${JSON.stringify(expected)}`)
        }
      }
    }),
    { numRuns: 30 },
  )
  t.end()
})

t.test('a clock that is set back further does not keep a window open', (t) => {
  const table = createWindowTable(window, never)
  table.count('a', 1, 10_000)
  t.match(table.count('a', 1, 9000), { count: 2, resetAt: 11_000 })
  t.match(table.count('a', 1, 8999), { count: 1, resetAt: 9999 })
  t.end()
})

t.test('three hundred thousand keys are all counted, and let go when their windows are over', (t) => {
  const keys = 300_000
  const table = createWindowTable(window, never)
  for (let i = 0; i < keys; i++) table.count(`key-${i}`, 1, i / 1000)
  t.equal(table.size, keys)
  for (let i = 0; i < keys; i++) if (table.count(`key-${i}`, 1, 500).count !== 2) t.fail(`key-${i} was forgotten`)
  t.equal(table.size, keys)
  // One caller is left, who comes now and then.
  for (let i = 0; i < 3000; i++) table.count('last', 1, 2000 + i)
  t.ok(table.size < 10, `${table.size} are held`)
  t.end()
})

t.test('the windows that end first are the first to be forgotten', (t) => {
  const table = createWindowTable(window, never)
  for (let i = 0; i < 20_000; i++) table.count(`key-${i}`, 1, i / 100)
  while (table.size > 5000) table.forget()
  const held = (from: number) =>
    Array.from({ length: 2000 }, (_, i) => table.count(`key-${from + i}`, 0, 200).count).filter(Boolean).length
  const [latest, earliest] = [held(18_000), held(0)]
  t.ok(latest > 1000 && earliest < 200, `${latest} of the latest and ${earliest} of the earliest are left`)
  while (table.size > 0) table.forget()
  table.forget()
  t.equal(table.size, 0)
  t.end()
})

t.test('grown is called as keys are added, not as they are counted again', (t) => {
  let grown = 0
  const table = createWindowTable(window, () => grown++)
  for (let i = 0; i < 5000; i++) table.count(`key-${i}`, 1, 0)
  t.equal(grown, 5)
  for (let i = 0; i < 5000; i++) table.count(`key-${i}`, 1, 0)
  t.equal(grown, 5)
  t.end()
})
