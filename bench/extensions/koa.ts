import { definePolicy, fromKoa, Type } from 'gatefold'

/** A Koa middleware as small as most are: it looks at the request and sets a header. */
export const koa = definePolicy({
  name: 'koa',
  schema: Type.Boolean(),
  compile: (wanted) =>
    wanted
      ? fromKoa(async (ctx, next) => {
          const { method } = ctx
          await next()
          ctx.set('X-Answered', method)
        })
      : undefined,
})
