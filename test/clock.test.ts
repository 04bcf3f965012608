import t from 'tap'
import { systemClock } from '../src/clock.ts'

t.test('the clock of this machine', async (t) => {
  const { now } = systemClock
  const at = Date.now() + 30
  await new Promise<void>((resolve) => systemClock.at(at, resolve))
  t.ok(now() >= at, 'it never calls too early')

  let called = false
  const callOff = systemClock.at(now() + 1, () => {
    called = true
  })
  callOff()
  await new Promise<void>((resolve) => systemClock.at(now() + 20, resolve))
  t.notOk(called, 'what was called off')

  await new Promise<void>((resolve) => systemClock.at(0, resolve))
  t.pass('what is past comes at once, and not before the caller is done')
})
