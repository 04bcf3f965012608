import { executionAsyncResource } from 'node:async_hooks'

/**
 * Node makes some eight tick objects for each request, all of one hidden class. V8 forgets a class of which no object is left when it
 * collects all garbage, as it does during a boot, and every later `process.nextTick` then takes its slow path (300 ns instead of 35). One
 * tick object that is never let go keeps the class.
 */
let kept: object | undefined

export function keepTickObjects(): void {
  if (kept === undefined) process.nextTick(() => (kept = executionAsyncResource()))
}
