/** The Redis store of koa-ratelimit, which brings no types. */
declare module 'koa-ratelimit/limiter/redis.js' {
  import type { Redis } from 'ioredis'

  export default class Limiter {
    /** The script that counts; a client that has a command of this name already keeps it. */
    static readonly defineCommand: { readonly ratelimiter: { readonly numberOfKeys: number; readonly lua: string } }
    constructor(options: { db: Redis; max: number; duration: number; namespace: string })
    /** Counts one request. `remaining` includes it; `reset` is what the script says. */
    get(options: { id: string }): Promise<{ remaining: number; reset: number; total: number }>
  }
}
