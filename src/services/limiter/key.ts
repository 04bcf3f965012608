import { hash } from 'node:crypto'

const longest = 64

/** A key as it is stored: those that callers choose (subjects, header values) may be long, and must not decide how much is kept. */
export function boundedKey(key: string): string {
  return key.length <= longest ? key : hash('sha256', key, 'base64url')
}
