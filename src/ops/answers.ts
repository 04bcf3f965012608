import type { RouterContext } from '@koa/router'
import type { Context } from 'koa'
import type { Admit } from '../compile/admit.ts'
import type { Principal } from '../context.ts'
import { Problem } from '../errors.ts'
import { requireSameOrigin } from './same-origin.ts'

type Handle = (ctx: Context, operator: Principal | undefined) => Promise<void> | void

/** Makes a route that only operators reach, and only from this server's own page. */
export type Guarded = (handle: Handle) => (ctx: RouterContext) => Promise<void>

export function guardedBy(admit: Admit): Guarded {
  return (handle) =>
    async function guardedRoute(ctx) {
      const operator = await admit(ctx)
      requireSameOrigin(ctx.req)
      await handle(ctx as unknown as Context, operator)
    }
}

/** What an operator sees is of the moment, and not for anybody else. */
export function answer(ctx: Context, body: unknown): void {
  ctx.set('cache-control', 'no-store')
  ctx.body = body
}

export function orThrow<T>(value: T | Problem): T {
  if (value instanceof Problem) throw value
  return value
}
