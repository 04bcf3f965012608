import type { Redis } from 'ioredis'
import RedisLimiter from 'koa-ratelimit/limiter/redis.js'

/**
 * The sorted set of koa-ratelimit with two changes around its own script. It goes by the clock of Redis: by those of the processes two
 * requests can have the same time, which counts them as one, and a clock that is ahead forgets what the others have counted. And it says
 * how many milliseconds are left, rounded up, rather than a second of that clock, rounded down.
 */
export const slidingLog = {
  numberOfKeys: 1,
  lua: `
local seconds, micros = unpack(redis.call('TIME'))
local now = seconds * 1000 + micros / 1000
ARGV[1] = now
local function count()
${RedisLimiter.defineCommand.ratelimiter.lua}
end
local answer = count()
answer[2] = math.ceil((answer[2] + 1) * 1000 - now)
return answer
`,
}

/** Counts one limit in a Redis client that has `slidingLog` as its command `ratelimiter`. `reset` is in milliseconds from now. */
export function slidingStore(redis: Redis, namespace: string, max: number, duration: number): RedisLimiter {
  return new RedisLimiter({ db: redis, namespace, max, duration })
}
