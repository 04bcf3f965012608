import type { DiagnosticCode } from '../documents/diagnostic-codes.ts'
import type { Diagnostic, Diagnostics } from '../documents/diagnostics.ts'
import { escapePointer, type Located } from '../documents/document.ts'

/** Tells what is wrong with an entry of `authentication`: where below it, a code, what, and what to do; an error unless said otherwise. */
export type Report = (
  path: readonly (string | number)[],
  code: DiagnosticCode,
  message: string,
  hint?: string,
  severity?: Diagnostic['severity'],
) => void

/** Reports at the entry's place in gateway.yaml, as near to the path as the file has it. */
export function entryReport(tools: { diagnostics: Diagnostics; gatewayFile: Located | undefined }, scheme: string): Report {
  const { diagnostics, gatewayFile } = tools
  return function report(path, code, message, hint, severity = 'error') {
    const pointer = ['authentication', scheme, ...path].map((step) => `/${escapePointer(String(step))}`).join('')
    const at = gatewayFile && { document: gatewayFile.document, pointer, value: undefined }
    diagnostics[severity](code, at, `authentication.${scheme}: ${message}`, hint)
  }
}
