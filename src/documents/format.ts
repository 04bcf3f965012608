import { styleText } from 'node:util'
import type { Diagnostic } from './diagnostics.ts'
import { frameOf } from './frame.ts'
import { environmentFile } from './source.ts'

export const formats = ['pretty', 'json', 'github'] as const
/** For people, for programs, and for annotations on GitHub's pages. */
export type Format = (typeof formats)[number]

export interface FormatOptions {
  /** The text of a file by its shown name, for code frames. */
  sourceOf?: (file: string) => string | undefined
  /** Whether `pretty` uses colours; by default it does not. */
  colors?: boolean
}

/** All findings as text; empty for no findings, except in JSON. Each line ends with a line break. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], format: Format, options: FormatOptions = {}): string {
  if (format === 'json') return `${JSON.stringify(diagnostics.map(jsonOf), null, 2)}\n`
  if (format === 'github') return diagnostics.map(annotationOf).join('')
  return prettyOf(diagnostics, options)
}

function jsonOf({ severity, code, message, at, hint }: Diagnostic): object {
  const place = at && { file: at.file, line: at.line, column: at.column, end_column: at.endColumn }
  return { severity, code, message, ...place, hint }
}

/** A workflow command of GitHub Actions; properties and message have escapes of their own. */
function annotationOf({ severity, code, message, at, hint }: Diagnostic): string {
  const place = at
    ? { file: at.file, line: at.line, endLine: at.line, col: at.column, ...(at.endColumn && { endColumn: at.endColumn }) }
    : {}
  const properties = Object.entries({ ...place, title: code }).map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
  return `::${severity} ${properties.join(',')}::${escapeData(hint === undefined ? message : `${message}\n${hint}`)}\n`
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

function prettyOf(diagnostics: readonly Diagnostic[], { sourceOf, colors = false }: FormatOptions): string {
  if (diagnostics.length === 0) return ''
  const paint: Paint = (style, text) => (colors ? styleText(style, text, { validateStream: false }) : text)
  const blocks = shownOf(diagnostics).map(({ diagnostic, hidden }) => {
    const file = diagnostic.at?.file
    const source = file === undefined || file === environmentFile ? undefined : sourceOf?.(file)
    const block = prettyBlock(diagnostic, source, paint)
    return hidden === 0 ? block : `${block}\n${paint('dim', `… and ${hidden} more like this [${diagnostic.code}]`)}\n`
  })
  return `${blocks.join('\n')}\n${summary(diagnostics, paint)}\n`
}

/** Of one kind so many are shown to people; a document that has one mistake a hundred times would bury all others. */
const mostOfAKind = 10

/** The findings that are shown, and how many of its kind each one stands for besides itself. */
function shownOf(diagnostics: readonly Diagnostic[]): { diagnostic: Diagnostic; hidden: number }[] {
  const kinds = Map.groupBy(diagnostics, ({ severity, code }) => `${severity} ${code}`)
  const last = new Map<Diagnostic, number>()
  const hidden = new Set<Diagnostic>()
  for (const kind of kinds.values()) {
    // One more line is no less than one more finding.
    if (kind.length <= mostOfAKind + 1) continue
    for (const diagnostic of kind.slice(mostOfAKind)) hidden.add(diagnostic)
    last.set(kind[mostOfAKind - 1] as Diagnostic, kind.length - mostOfAKind)
  }
  return diagnostics
    .filter((diagnostic) => !hidden.has(diagnostic))
    .map((diagnostic) => ({ diagnostic, hidden: last.get(diagnostic) ?? 0 }))
}

function prettyBlock({ severity, code, message, at, hint }: Diagnostic, source: string | undefined, paint: Paint): string {
  const color = severity === 'error' ? 'red' : 'yellow'
  const place = at ? `${paint('cyan', `${at.file}:${at.line}:${at.column}`)} ` : ''
  const lines = [`${place}${paint([color, 'bold'], severity)} ${message} ${paint('dim', `[${code}]`)}`]
  if (at && source !== undefined) {
    const frame = frameOf(source, at)
    const width = String(frame.at(-1)?.number ?? 0).length
    for (const { number, text, mark } of frame) {
      lines.push(`${mark ? paint(color, '>') : ' '} ${paint('dim', `${String(number).padStart(width)} |`)} ${text}`.trimEnd())
      if (mark)
        lines.push(
          `  ${' '.repeat(width)} ${paint('dim', '|')} ${' '.repeat(mark.start)}${paint(color, '^'.repeat(mark.end - mark.start))}`,
        )
    }
  }
  if (hint !== undefined) lines.push(`  ${paint('green', 'hint:')} ${hint}`)
  return `${lines.join('\n')}\n`
}

function summary(diagnostics: readonly Diagnostic[], paint: Paint): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  const counts = [count(errors, 'error'), count(diagnostics.length - errors, 'warning')].filter((part) => part !== '')
  const all = shownOf(diagnostics).length < diagnostics.length ? '; --format json lists all of them' : ''
  return paint([errors > 0 ? 'red' : 'yellow', 'bold'], counts.join(', ')) + all
}

function count(amount: number, what: string): string {
  return amount === 0 ? '' : `${amount} ${what}${amount === 1 ? '' : 's'}`
}
