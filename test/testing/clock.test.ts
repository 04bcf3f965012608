import t from 'tap'
import { createTestClock } from '../../src/testing/clock.ts'

const noon = Date.parse('2030-06-01T12:00:00Z')

t.test('a clock that a test sets', async (t) => {
  const passed: number[] = []
  const clock = createTestClock(async (ms) => void passed.push(ms))
  t.ok(Math.abs(clock.now() - Date.now()) < 1000, 'begins with the time of this machine')
  clock.freeze()
  await clock.set('2030-06-01T12:00:00Z')
  t.equal(clock.now(), noon)
  passed.length = 0

  await t.test('what was to happen while time passes happens in its order, at its time', async (t) => {
    const happened: string[] = []
    const note = (name: string) => void happened.push(`${name} ${(clock.now() - noon) / 1000}`)
    let stop = () => {}
    const every = (seconds: number) => {
      stop = clock.at(clock.now() + seconds * 1000, () => {
        note('every')
        every(seconds)
      })
    }
    every(25)
    clock.at(noon + 30_000, async () => {
      await new Promise(setImmediate)
      note('waited for')
    })
    clock.at(noon + 10_000, () => note('first'))
    clock.at(noon + 61_000, () => note('later'))
    const callOff = clock.at(noon + 20_000, () => note('called off'))
    callOff()
    await clock.advance('1m')
    t.same(happened, ['first 10', 'every 25', 'waited for 30', 'every 50'])
    t.same([clock.now(), passed], [noon + 60_000, [60_000]])
    await clock.advance(1000)
    t.equal(happened.at(-1), 'later 61')
    stop()
  })

  await t.test('it can be set back, and what was to happen later happens later', async (t) => {
    let happened = false
    clock.at(noon + 120_000, () => {
      happened = true
    })
    await clock.set(noon - 1)
    await clock.set(new Date(noon + 119_999))
    t.notOk(happened)
    await clock.set(noon + 120_000)
    t.ok(happened)
  })

  await t.test('it stands still until it runs', async (t) => {
    const frozen = clock.now()
    const happens = new Promise<number>((resolve) => clock.at(frozen + 40, () => resolve(clock.now())))
    await new Promise((resolve) => setTimeout(resolve, 60))
    t.equal(clock.now(), frozen)
    clock.run()
    t.ok((await happens) >= frozen + 40, 'and what waited for it still happens')
    const past = new Promise<void>((resolve) => clock.at(0, resolve))
    await past
  })

  await t.rejects(clock.advance('soon'), { message: /no duration/ })
  await t.rejects(clock.set('soon'), { message: /no time/ })
})
