import { diagnosticCatalogue } from './diagnostic-codes.ts'

/** The reference of all findings: a Markdown table for each subject. */
export function diagnosticReference(): string {
  const sections = Object.entries(diagnosticCatalogue).map(([subject, codes]) => {
    const rows = Object.entries(codes).map(([code, meaning]) => `| \`${code}\` | ${meaning.replaceAll('|', '\\|')} |`)
    return [`## ${subject}`, '', '| code | meaning |', '|---|---|', ...rows].join('\n')
  })
  const head =
    '# Diagnostics\n\nWhat `gatefold check` finds, by its code. Each finding also says where it stands, what is there, and what to do; ' +
    'errors keep a gateway from starting, warnings do not.'
  return [head, ...sections].join('\n\n').concat('\n')
}
