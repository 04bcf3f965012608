import type { DiagnosticCode } from './diagnostic-codes.ts'
import type { Located, Position } from './document.ts'

/** One boot-time finding. Errors stop the boot; warnings do not. */
export interface Diagnostic {
  severity: 'error' | 'warning'
  /** Stable kebab-case name, for example `unknown-key`. */
  code: DiagnosticCode
  /** What is wrong, with the offending value and what is allowed. */
  message: string
  /** Where it stands; absent only for findings about no document (a missing file named on the command line). */
  at?: Position
  /** The next step, for example the nearest known name. */
  hint?: string
}

/** Collects the findings of one boot; nothing is thrown until the whole boot has been looked at. */
export class Diagnostics {
  readonly #found: Diagnostic[] = []
  readonly #seen = new Set<string>()
  readonly #tolerated: ReadonlySet<string>

  /** Errors of the tolerated codes are noted as warnings. */
  constructor(tolerated: Iterable<DiagnosticCode> = []) {
    this.#tolerated = new Set(tolerated)
  }

  error(code: DiagnosticCode, at: Located | Position | undefined, message: string, hint?: string): void {
    this.add(this.#tolerated.has(code) ? 'warning' : 'error', code, at, message, hint)
  }

  warning(code: DiagnosticCode, at: Located | Position | undefined, message: string, hint?: string): void {
    this.add('warning', code, at, message, hint)
  }

  private add(
    severity: Diagnostic['severity'],
    code: DiagnosticCode,
    at: Located | Position | undefined,
    message: string,
    hint?: string,
  ): void {
    const position = at === undefined || 'line' in at ? at : at.document.locate(at.pointer)
    const key = `${position?.file}:${position?.line}:${position?.column}:${code}:${message}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#found.push({ severity, code, message, ...(position && { at: position }), ...(hint !== undefined && { hint }) })
  }

  get hasErrors(): boolean {
    return this.#found.some((finding) => finding.severity === 'error')
  }

  /** All findings by file, then line, then column. */
  get all(): Diagnostic[] {
    return [...this.#found].sort(
      (a, b) =>
        (a.at?.file ?? '').localeCompare(b.at?.file ?? '') ||
        (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
        (a.at?.column ?? 0) - (b.at?.column ?? 0),
    )
  }
}

/** Thrown where a gateway with errors in its documents would have to start. */
export class BootError extends Error {
  readonly diagnostics: Diagnostic[]

  constructor(diagnostics: Diagnostic[]) {
    const errors = diagnostics.filter((finding) => finding.severity === 'error').length
    super(`the gateway cannot start: ${errors} ${errors === 1 ? 'error' : 'errors'} in its documents`)
    this.name = 'BootError'
    this.diagnostics = diagnostics
  }
}
