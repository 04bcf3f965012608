import type { Diagnostics } from './diagnostics.ts'
import { child, type Located } from './document.ts'
import { named } from './named.ts'

/** What a text that is meant as a flag says; YAML 1.1 took most of them for one. */
const spelt: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on'].map((text): [string, boolean] => [text, true]),
  ...['false', 'no', 'off'].map((text): [string, boolean] => [text, false]),
])

/**
 * Reports a flag that is neither true nor false. What is blank says as much as what is not there; that and what changes nothing about what
 * is served (`hasEffect`) only warns.
 */
export function checkFlag(holder: Located, key: string, what: string, hasEffect: boolean, diagnostics: Diagnostics): void {
  const flag = child(holder, key)
  if (flag === undefined || typeof flag.value === 'boolean') return
  const meant = typeof flag.value === 'string' ? spelt.get(flag.value.toLowerCase()) : undefined
  const hint = meant === undefined ? undefined : `Write ${key}: ${meant}, without quotes.`
  const message = `"${key}" of ${what} must be true or false, not ${named(flag.value)}`
  diagnostics[hasEffect && flag.value !== null ? 'error' : 'warning']('wrong-type', placeOf(flag), message, hint)
}

/** Where a value is reported: one that is blank has no place of its own, so its key's. */
export function placeOf({ document, pointer, value }: Located) {
  return document.locate(pointer, value === null ? 'key' : 'value')
}
