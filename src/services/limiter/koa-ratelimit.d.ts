/** The Redis store of koa-ratelimit, which brings no types. */
declare module 'koa-ratelimit/limiter/redis.js' {
  import type { Redis } from 'ioredis'

  export default class Limiter {
    constructor(options: { db: Redis; id: string; max: number; duration: number; namespace?: string })
    /** Counts one request. `remaining` includes it; `reset` is in whole seconds since the epoch. */
    get(): Promise<{ remaining: number; reset: number; total: number }>
  }
}
