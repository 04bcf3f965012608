import { definePolicy, Type } from 'gatefold'

/** Keeps the processor busy for so many microseconds. */
export const work = definePolicy({
  name: 'work',
  schema: Type.Integer({ minimum: 1 }),
  compile: (micros) => ({
    before() {
      const until = performance.now() + micros / 1000
      while (performance.now() < until);
    },
  }),
})
