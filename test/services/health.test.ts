import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { createHealthChecks } from '../../src/services/health.ts'
import type { Lifecycle } from '../../src/services/service.ts'

const healthy = { healthy: true, latencyMs: 1 }
const checks = (services: Record<string, Lifecycle>) => createHealthChecks(new Map(Object.entries(services)))

t.test('who asks often is told what is known', async (t) => {
  let asked = 0
  const { all } = checks({
    database: {
      async check() {
        asked++
        return healthy
      },
    },
  })
  await Promise.all([all(), all(), all()])
  t.equal(asked, 1, 'those who ask together share an answer')
  t.same(await all(), { database: healthy })
  t.ok(asked <= 2)
  const before = asked
  await setTimeout(1050)
  await all()
  t.equal(asked, before + 1, 'an answer does not stand for ever')
})

t.test('a check that fails or hangs is a bad sign, and nobody waits for it for long', async (t) => {
  const began = performance.now()
  const found = checks({
    broken: { check: () => Promise.reject(new Error('connect to 10.0.0.7 as admin failed')) },
    hanging: { check: () => new Promise(() => {}) },
    silent: {},
  })
  t.match(await found.all(), {
    broken: { healthy: false, detail: 'not reachable' },
    hanging: { healthy: false, detail: 'no answer' },
  })
  t.notOk('silent' in (await found.all()), 'what has no check has no state')
  t.ok(performance.now() - began < 60_000)
})

t.test('only what nothing works without is missed', async (t) => {
  const away = async () => ({ healthy: false, latencyMs: 1 })
  t.same(await checks({ limiter: { check: away }, database: { essential: true, check: async () => healthy } }).missing(), [])
  t.same(await checks({ limiter: { check: away }, database: { essential: true, check: away } }).missing(), ['database'])
})
