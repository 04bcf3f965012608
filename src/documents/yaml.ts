import { parseDocument, type Document as Tree, type YAMLError } from 'yaml'
import { hasErrors, type SyntaxFinding, tooDeep } from './findings.ts'
import { checkTree } from './yaml-tree.ts'

/** One slip often causes a row of follow-up errors; nobody reads more than these. */
const maxSyntaxErrors = 20

/**
 * Reads YAML 1.2 (core schema, one document, merge keys). The value is undefined when there are errors; all of them
 * are reported, not only the first. Throws a RangeError on text that is nested beyond reason.
 */
export function parseYaml(text: string): { value: unknown; findings: SyntaxFinding[] } {
  const tree = parseTree(text)
  // What follows such an error is a consequence of it.
  const exhausted = tree.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION')
  if (exhausted !== undefined)
    return { value: undefined, findings: [tooDeep({ start: exhausted.pos[0], end: exhausted.pos[1] })] }
  // A token where none can be, behind another error, is a consequence of that one.
  const errors = tree.errors.filter(({ code }, index) => index === 0 || code !== 'UNEXPECTED_TOKEN')
  const findings = [...errors.slice(0, maxSyntaxErrors), ...tree.warnings].map((error) => syntaxFinding(error, text))
  if (tree.errors.length === 0) findings.push(...checkTree(tree))
  // checkTree has bounded what the aliases repeat, more exactly than the library's own count does.
  return { value: hasErrors(findings) ? undefined : tree.toJS({ maxAliasCount: -1 }), findings }
}

/** The tree of a YAML text, for positions. */
export function parseTree(text: string): Tree {
  // Duplicate keys are found by checkTree: the library compares every key with every other, which takes minutes on long maps.
  return parseDocument(text, { merge: true, uniqueKeys: false, prettyErrors: false, strict: true, logLevel: 'error' })
}

function syntaxFinding(error: YAMLError, text: string): SyntaxFinding {
  const [start, end] = error.pos
  const span = { start, end: Math.max(end, start + 1) }
  const severity = error.name === 'YAMLWarning' ? 'warning' : 'error'
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start + 1)
  if (error.code === 'TAB_AS_INDENT' || /tabs/i.test(error.message) || /^ *\t/.test(line)) {
    return { severity, code: 'tab-indent', span, message: 'a tab stands where YAML wants spaces', hint: 'Indent with spaces.' }
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return {
      severity,
      code: 'several-documents',
      span,
      message: 'the file holds several YAML documents',
      hint: 'Keep one; "---" starts another.',
    }
  }
  const quote = /closing (.)quote/.exec(error.message)?.[1]
  if (quote !== undefined) {
    // The library points to the end of the file; what matters is where the text begins.
    const opening = Math.max(0, text.lastIndexOf(quote, start - 1))
    const message = `the text that begins here has no closing ${quote}`
    return { severity, code: 'yaml-syntax', span: { start: opening, end: opening + 1 }, message }
  }
  if (text.startsWith('${', start - 1)) {
    const message = `a \${NAME} inside { … } or [ … ] has to stand in quotes, because YAML takes its brace for its own`
    return { severity, code: 'unquoted-variable', span, message, hint: `Write "\${NAME}".` }
  }
  const message = error.message.charAt(0).toLowerCase() + error.message.slice(1)
  return { severity, code: 'yaml-syntax', span, message }
}
