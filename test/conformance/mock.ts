import type { Test } from 'tap'
import { type Gateway, planGateway } from '../../src/gateway.ts'
import { materialDirectory } from './conformance.ts'

/** `gatefold mock` of a document, without its access log; ends with the test. Throws a `BootError` when it is refused. */
export async function startMock(t: Test, document: string): Promise<Gateway> {
  const plan = await planGateway({ mock: document, directory: materialDirectory, port: 0, environment: {} })
  plan.log.log.level = 'silent'
  const gateway = await plan.start()
  t.teardown(() => gateway.stop())
  return gateway
}
