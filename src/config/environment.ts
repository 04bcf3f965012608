import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Environment } from '../documents/interpolate.ts'
import { environmentFile, readSource } from '../documents/source.ts'

/** The environment that `${NAME}` is filled from: `.env` of the project directory, if there is one, under the real environment. */
export function readEnvironment(directory: string, real: Environment, diagnostics: Diagnostics): Environment {
  const file = join(directory, environmentFile)
  if (!existsSync(file)) return real
  const text = readSource(file, environmentFile, diagnostics)
  if (text === undefined) return real
  for (const { line, name } of malformedLines(text)) reportLine(line, name, diagnostics)
  return { ...parseEnv(text), ...real }
}

const assignment = /^\s*(?:export )?[\w.-]+\s*=\s*(["'`])?/

/** The lines that `parseEnv` passes over, or reads under a name that no variable has. */
function malformedLines(text: string): { line: number; name: string | undefined }[] {
  const lines = text.split('\n')
  const found: { line: number; name: string | undefined }[] = []
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string
    if (/^\s*(#|$)/.test(line)) continue
    const [start, quote] = assignment.exec(line) ?? []
    if (start === undefined) found.push({ line: index + 1, name: /^\s*(?:export )?([A-Za-z_]\w*)\s*:/.exec(line)?.[1] })
    else if (quote !== undefined) index += linesOfQuoted(line.slice(start.length), lines, index, quote)
  }
  return found
}

/** How many further lines a quoted value takes; none when the quote is never closed, which then is part of the value. */
function linesOfQuoted(rest: string, lines: readonly string[], index: number, quote: string): number {
  if (rest.includes(quote)) return 0
  const end = lines.findIndex((line, at) => at > index && line.includes(quote))
  return end === -1 ? 0 : end - index
}

/** The line may hold a secret: its name is all that is said of it. */
function reportLine(line: number, name: string | undefined, diagnostics: Diagnostics): void {
  const what = name === undefined ? 'the line' : `the line of "${name}"`
  diagnostics.warning(
    'invalid-env-line',
    { file: environmentFile, line, column: 1 },
    `${what} is not of the form NAME=value, so it sets nothing`,
    `Write ${name ?? 'NAME'}=value.`,
  )
}
