import t from 'tap'
import { keepObservations } from '../../src/cluster/observations.ts'
import type { RecentRequest } from '../../src/ops/recent-requests.ts'
import type { Traffic } from '../../src/ops/traffic.ts'

const traffic = (ok: number, refused: number): Traffic => ({
  buckets: [1],
  operations: { sum: { answers: { 2: ok, 4: refused }, durations: [ok, refused], refused: { roles: refused } } },
})

t.test('traffic of workers is added up, and stays when they are gone', async (t) => {
  const observations = keepObservations()
  const worker = (pid: number, said: Traffic | undefined) => ({ pid, ask: async () => said })
  t.strictSame(await observations.traffic([worker(7, traffic(1, 2)), worker(8, traffic(10, 20))]), traffic(11, 22))
  t.strictSame(await observations.traffic([worker(7, undefined), worker(8, traffic(11, 20))]), traffic(12, 22), 'the last word')
  observations.depart(8)
  t.strictSame(await observations.traffic([worker(7, traffic(1, 3)), worker(9, traffic(5, 5))]), traffic(17, 28))
})

t.test('requests of workers are told once, in the order of their time', async (t) => {
  const observations = keepObservations()
  const own = new Map<number, RecentRequest[]>()
  const add = (pid: number, at: number, path: string) => {
    const known = own.get(pid) ?? []
    own.set(pid, [{ number: known.length + 1, at, path } as RecentRequest, ...known])
  }
  const ask = (behind: (pid: number) => number) =>
    [...own].map(([pid, requests]) => ({ pid, ask: async () => requests.filter(({ number }) => number > behind(pid)) }))
  const told = async (after: number) => (await observations.requests(ask, after)).map(({ number, path }) => `${number} ${path}`)

  add(7, 10, 'first')
  add(8, 20, 'second')
  add(7, 30, 'third')
  t.strictSame(await Promise.all([told(0), told(2)]), [['3 third', '2 second', '1 first'], ['3 third']])
  own.delete(8)
  observations.depart(8)
  add(9, 40, 'of another')
  t.strictSame(await told(3), ['4 of another'])
  t.strictSame(await told(4), [])
})
