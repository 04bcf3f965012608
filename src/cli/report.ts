import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Diagnostic } from '../documents/diagnostics.ts'
import { type Format, formatDiagnostics } from '../documents/format.ts'
import type { Plan } from '../gateway.ts'

/** Writes a plan's diagnostics, for people on standard error and for programs on standard output; true when none is an error. */
export function report(plan: Plan, format: Format = 'pretty', diagnostics: readonly Diagnostic[] = plan.diagnostics): boolean {
  const stream = format === 'pretty' ? process.stderr : process.stdout
  stream.write(
    formatDiagnostics(diagnostics, format, {
      sourceOf: (file) => plan.sourceOf(file) ?? readText(resolve(plan.directory, file)),
      colors: stream.isTTY && stream.hasColors(),
    }),
  )
  return diagnostics.every(({ severity }) => severity !== 'error')
}

/** What is no document of the plan has a source too: a handler's module, or a document that could not be read as one. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
