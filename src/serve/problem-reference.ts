import { problems } from '../errors.ts'
import { problemType } from './problem-document.ts'

/** The catalogue of problems as a Markdown page. */
export function problemReference(): string {
  const rows = Object.entries(problems).map(
    ([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} | \`${problemType(code)}\` |`,
  )
  return `# Problems

Everything that Gatefold itself answers instead of an operation's own response, as \`application/problem+json\` (RFC 9457).
\`detail\` explains the occurrence, \`errors\` lists the findings of a validation (\`place\`, JSON \`pointer\`, \`message\`),
\`request_id\` finds it in the log.

| code | status | title | type |
|---|---|---|---|
${rows.join('\n')}
`
}
