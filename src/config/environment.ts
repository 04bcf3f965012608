import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Environment } from '../documents/interpolate.ts'
import { readSource } from '../documents/source.ts'

/** The environment that `${NAME}` is filled from: `.env` of the project directory, if there is one, under the real environment. */
export function readEnvironment(directory: string, real: Environment, diagnostics: Diagnostics): Environment {
  const file = join(directory, '.env')
  if (!existsSync(file)) return real
  const text = readSource(file, '.env', diagnostics)
  return text === undefined ? real : { ...parseEnv(text), ...real }
}
