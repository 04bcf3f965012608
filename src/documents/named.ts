import { isObject } from './document.ts'

/** A value as messages show it: `not "yes"`, `not a list`. */
export function named(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'an object'
  return typeof value === 'string' ? JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value) : String(value)
}
