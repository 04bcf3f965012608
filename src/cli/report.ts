import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Diagnostic } from '../documents/diagnostics.ts'
import { type Format, formatDiagnostics } from '../documents/format.ts'
import type { Plan } from '../gateway.ts'

/** Writes a plan's diagnostics, for people on standard error and for programs on standard output; true when none is an error. */
export function report(plan: Plan, format: Format = 'pretty', diagnostics: readonly Diagnostic[] = plan.diagnostics): boolean {
  writeDiagnostics(diagnostics, format, (file) => plan.sourceOf(file) ?? readText(resolve(plan.directory, file)))
  return diagnostics.every(({ severity }) => severity !== 'error')
}

/** Writes diagnostics of a reload for people; the documents are as they are in the project's directory now. */
export function reportFindings(diagnostics: readonly Diagnostic[], directory: string): void {
  writeDiagnostics(diagnostics, 'pretty', (file) => readText(resolve(directory, file)))
}

function writeDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: Format,
  sourceOf: (file: string) => string | undefined,
): void {
  const stream = format === 'pretty' ? process.stderr : process.stdout
  stream.write(formatDiagnostics(diagnostics, format, { sourceOf, colors: stream.isTTY && stream.hasColors() }))
}

/** What is no document of the plan has a source too: a handler's module, or a document that could not be read as one. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
