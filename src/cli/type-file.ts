import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnostic } from '../documents/diagnostics.ts'
import type { Plan } from '../gateway.ts'
import { projectTypes } from '../typescript/project-types.ts'

/** The file that types are written to when no other is named, in the project directory. */
export const usualFile = 'gatefold.ts'

/** What may still be wrong: a handler is typed before it is written, and one that does not load yet may be waiting for its types. */
const tolerated = new Set(['no-target', 'handler-module-failed', 'duplicate-handler'])

/** The findings that keep types from being written: about the documents, not about the handlers. */
export function faultsOf({ diagnostics }: Plan): Diagnostic[] {
  return diagnostics.filter(({ code, severity }) => severity === 'error' && !tolerated.has(code))
}

/**
 * Writes the usual file anew, where a project has it and it is not up to date; one that has none wants none. True when it was written.
 * Faulty documents leave it as it is.
 */
export function refreshTypes(plan: Plan): boolean {
  const file = join(plan.directory, usualFile)
  const found = readTypes(file)
  if (found === undefined || faultsOf(plan).length > 0) return false
  const text = projectTypes(plan)
  if (text === found) return false
  writeFileSync(file, text)
  return true
}

/** The text of a file; undefined when there is none. */
export function readTypes(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
