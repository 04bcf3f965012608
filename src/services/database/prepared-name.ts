import { createHash } from 'node:crypto'

const names = new Map<string, string>()

/** The name of a prepared statement: the same text has the same name in all sessions, and no other has it. */
export function preparedName(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url')
    names.set(text, name)
  }
  return name
}
