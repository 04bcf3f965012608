import { join } from 'node:path'
import type { Test } from 'tap'
import { type Gateway, startGateway } from '../../src/gateway.ts'
import { testDatabasePlace } from '../database.ts'

/** The project beside this file, served. */
export interface Served {
  gateway: Gateway
  url: string
  /** A token of a caller, good for so long. */
  token(subject?: string, expiresIn?: string): Promise<string>
}

/** `pageOrigin`: where a page may come from that calls it. */
export async function serveClientProject(t: Test, pageOrigin?: string): Promise<Served> {
  const { url, dataDir } = await testDatabasePlace(t)
  const gateway = await startGateway({
    directory: join(import.meta.dirname, 'project'),
    environment: { DATABASE_URL: url, DATA_DIR: dataDir, LOG_FILE: join(dataDir, 'log.jsonl'), PAGE_ORIGIN: pageOrigin },
    port: 0,
  })
  t.teardown(() => gateway.stop())
  return {
    gateway,
    url: gateway.url,
    token: (subject = 'ada', expiresIn = '5m') => gateway.services.keys.sign({ sub: subject }, { expiresIn }),
  }
}
