/**
 * Objects for data whose keys callers choose: nothing is inherited from `Object.prototype`, so `toString` and
 * `__proto__` are keys like others. Made by a constructor because V8 keeps such objects fast, which it does not
 * for `Object.create(null)`.
 */
type BareRecord = new () => Record<string, unknown>

const Bare = function BareRecord() {} as unknown as BareRecord
Object.defineProperty(Bare, 'prototype', { value: Object.freeze(Object.create(null)) })

/** A new empty object without inherited members. */
export function bareRecord(): Record<string, unknown> {
  return new Bare()
}
