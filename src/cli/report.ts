import { type Format, formatDiagnostics } from '../documents/format.ts'
import type { Plan } from '../gateway.ts'

/** Writes a plan's diagnostics, for people on standard error and for programs on standard output; true when none is an error. */
export function report(plan: Plan, format: Format = 'pretty'): boolean {
  const stream = format === 'pretty' ? process.stderr : process.stdout
  stream.write(
    formatDiagnostics(plan.diagnostics, format, { sourceOf: plan.sourceOf, colors: stream.isTTY && stream.hasColors() }),
  )
  return plan.diagnostics.every(({ severity }) => severity !== 'error')
}
