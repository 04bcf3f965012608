import type { CircuitBreakerPolicy } from 'cockatiel'
import { type Attempt, failed } from './attempt.ts'
import { cockatiel } from './cockatiel.ts'

/** Stops calls to an upstream that keeps failing; one for each operation that asks for it, through all generations. */
export interface Breaker {
  /** True while no call is made. */
  readonly open: boolean
  /** Makes a call and takes note of how it ends; does not make it while open. */
  run(call: () => Promise<Attempt>): Promise<Attempt>
  /** Milliseconds until the next call is made; 0 when it may be. */
  remaining(): number
}

/** `cooldown` in milliseconds. */
export function createBreaker(failures: number, cooldown: number): Breaker {
  const { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } = cockatiel()
  let openedAt = 0
  const breaker: CircuitBreakerPolicy = circuitBreaker(
    // A trial that the caller has ended says nothing, and must not count as success.
    handleWhenResult(
      (result) => failed(result as Attempt) || (breaker.state === CircuitState.HalfOpen && isAborted(result as Attempt)),
    ),
    { halfOpenAfter: cooldown, breaker: new ConsecutiveBreaker(failures) },
  )
  breaker.onBreak(() => {
    openedAt = Date.now()
  })
  const remaining = () => (breaker.state === CircuitState.Closed ? 0 : Math.max(0, openedAt + cooldown - Date.now()))

  return {
    get open() {
      return breaker.state !== CircuitState.Closed
    },
    run(call) {
      // cockatiel lets others wait for the trial; they would be as slow as the upstream that they are spared.
      if (breaker.state === CircuitState.HalfOpen || remaining() > 0) return Promise.resolve({ failure: 'open' })
      return breaker.execute(call)
    },
    remaining,
  }
}

function isAborted(attempt: Attempt): boolean {
  return attempt.failure === 'aborted'
}
