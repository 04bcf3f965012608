import { isPromise } from '../compile/pipeline.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { Duration, parseTimeout } from '../config/units.ts'
import { discard, type Outcome, Reply } from '../context.ts'
import { problem } from '../errors.ts'
import { abortRequest } from '../serve/abort.ts'
import { definePolicy } from './policy.ts'

/**
 * `timeout: 30s`: an operation that has not answered by then gets 504 and its handler's signal aborts. What the handler
 * still does or throws afterwards harms nobody. A target that answers at once costs no timer.
 */
export const timeout = definePolicy({
  name: 'timeout',
  schema: Duration,
  default: (config: GatewayConfig) => config.server.requestTimeout,
  // The default, which every operation has, says nothing about this one.
  refuses: (_config, { settings }) =>
    [...(settings.get('timeout')?.origins.values() ?? [])].every(({ layer }) => layer === 'built-in') ? [] : ['timeout'],
  compile(config) {
    const limit = parseTimeout(config)
    const refusal = problem('timeout', { detail: `the operation did not answer within ${limit / 1000} s` })
    return {
      wrap: (next) =>
        function timed(context) {
          const running = next(context)
          if (!isPromise(running)) return running
          return new Promise<Outcome>((resolve, reject) => {
            let late = false
            const timer = setTimeout(() => {
              late = true
              context.decidedBy = 'timeout'
              abortRequest(context, new DOMException(refusal.detail, 'TimeoutError'))
              resolve(refusal)
            }, limit)
            running.then(
              (outcome) => {
                clearTimeout(timer)
                if (late && outcome instanceof Reply) discard(outcome.body)
                resolve(outcome)
              },
              (error: unknown) => {
                clearTimeout(timer)
                reject(error)
              },
            )
          })
        },
    }
  },
})
