import type { Listener } from './listener.ts'
import type { Sessions } from './sessions.ts'

/** One way to reach a Postgres. */
export interface Connection extends Pick<Listener, 'listen'> {
  readonly sessions: Sessions
  /** Whether notifications arrive now. */
  listening(): boolean
  notify(channel: string, payload: string): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}
