import type { DiagnosticCode } from './diagnostic-codes.ts'
import type { Span } from './places.ts'

/** Something that is wrong with the text of a document. */
export interface SyntaxFinding {
  severity: 'error' | 'warning'
  code: DiagnosticCode
  span: Span
  message: string
  hint?: string
}

/** Deeper nesting is never meant, and would exhaust the stack of whoever walks through it. */
export const maxDepth = 500

export function tooDeep(span: Span): SyntaxFinding {
  return { severity: 'error', code: 'too-deep', span, message: `the document is nested deeper than ${maxDepth} levels` }
}

export function duplicateKey(name: string, span: Span): SyntaxFinding {
  return {
    severity: 'error',
    code: 'duplicate-key',
    span,
    message: `the key "${name}" stands twice in this object`,
    hint: 'Keep one of the two.',
  }
}

export function hasErrors(findings: readonly SyntaxFinding[]): boolean {
  return findings.some((finding) => finding.severity === 'error')
}
