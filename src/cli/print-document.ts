import { writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { stringify } from 'yaml'
import { makeDirectory } from '../make-directory.ts'
import { type Call, type Command, UsageError } from './command.ts'

const formats = ['yaml', 'json']

/** Options of the commands that print a document. */
export const describeOptions = {
  format: { type: 'string', value: 'FORMAT', describe: `${formats.join(' or ')} (default: by the name of --out, else yaml)` },
  out: { type: 'string', value: 'FILE', describe: 'write there, from the project directory, in place of standard output' },
} as const satisfies Command['options']

/** Prints a document, or writes it to the file that `--out` names; gives the exit code. */
export function printDocument(document: unknown, { format, out }: Call['options'], directory: string): number {
  const file = out as string | undefined
  const chosen = (format as string | undefined) ?? (file?.endsWith('.json') ? 'json' : 'yaml')
  if (!formats.includes(chosen)) throw new UsageError(`'${chosen}' is no format; there are: ${formats.join(', ')}`)
  const text =
    chosen === 'json' ? `${JSON.stringify(document, null, 2)}\n` : stringify(document, { aliasDuplicateObjects: false })
  if (file === undefined) process.stdout.write(text)
  else {
    const path = resolve(directory, file)
    makeDirectory(dirname(path))
    writeFileSync(path, text)
    process.stdout.write(`wrote ${file}\n`)
  }
  return 0
}
