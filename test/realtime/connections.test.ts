import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { io } from 'socket.io-client'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { createMeter } from '../../src/metrics/meter.ts'
import { createRealtime, type RealtimeOptions } from '../../src/services/realtime.ts'
import { principal } from '../tasks/system.ts'

t.test('a client that leaves while it is identified does not count', async (t) => {
  let identify: Promise<void> = Promise.resolve()
  let asked = Promise.withResolvers<void>()
  const authenticate = async () => {
    asked.resolve()
    await identify
    return principal('ada')
  }
  const realtime = createRealtime({
    config: { path: '/ws', origins: [], connections: 1, watches: 1 },
    tasks: { served: { path: '', security: [] }, store: {}, follower: {} },
    authenticator: { compile: () => authenticate },
    meter: createMeter(),
    log: pino({ level: 'silent' }),
    clock: systemClock,
    scattered: false,
  } as unknown as RealtimeOptions)
  await realtime.start?.()
  const server = createServer().listen(0)
  server.on('upgrade', (req, socket, head) => realtime.door?.upgrade(req, socket, head))
  await once(server, 'listening')
  t.teardown(async () => {
    await realtime.stop?.()
    server.close()
  })
  const connect = () => {
    const options = { path: '/ws', transports: ['websocket'], forceNew: true, reconnection: false }
    const socket = io(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, options)
    t.teardown(() => socket.disconnect())
    return socket
  }

  const answer = Promise.withResolvers<void>()
  identify = answer.promise
  const hasty = connect()
  await asked.promise
  hasty.disconnect()
  while (realtime.connections > 0) await new Promise(setImmediate)
  answer.resolve()

  asked = Promise.withResolvers()
  const patient = connect()
  await new Promise<void>((resolve, reject) => {
    patient.once('connect', resolve)
    patient.once('connect_error', reject)
  })
  t.ok(patient.connected)
})
