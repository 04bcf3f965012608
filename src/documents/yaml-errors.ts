import { isCollection, isMap, type Node, type Document as Tree, visit, type YAMLError } from 'yaml'
import type { SyntaxFinding } from './findings.ts'
import type { Span } from './places.ts'

/** One slip often causes a row of follow-up errors; nobody reads more than these. */
const maxSyntaxErrors = 20

/** The errors of the library in words that say what to change, each once, at the place where it has to be changed. */
export function syntaxFindings(tree: Tree, text: string): SyntaxFinding[] {
  const errors = tree.errors.filter((error, index) => !isConsequence(error, tree.errors[index - 1], text))
  const quotes = errors.filter(isUnclosedQuote).map((error) => syntaxFinding(error, text))
  const open = tree.errors.some(isUnclosedFlow) ? unclosedFlows(tree, text, quotes) : []
  // A closing bracket that nobody finds, though each node has its own, is said as the library says it.
  const others = errors.filter((error) => !isUnclosedQuote(error) && !(isUnclosedFlow(error) && open.length + quotes.length > 0))
  const findings = [...others.map((error) => syntaxFinding(error, text)), ...quotes, ...open]
  return findings.toSorted((a, b) => a.span.start - b.span.start).slice(0, maxSyntaxErrors)
}

export function syntaxWarnings(tree: Tree, text: string): SyntaxFinding[] {
  return tree.warnings.map((warning) => syntaxFinding(warning, text))
}

function isConsequence(error: YAMLError, before: YAMLError | undefined, text: string): boolean {
  if (before === undefined) return false
  // A token where none can be, behind another error, is a consequence of that one.
  if (error.code === 'UNEXPECTED_TOKEN') return true
  if (!isMisplacedKey(error) || !isMisplacedKey(before)) return false
  // One line that is indented wrongly takes its neighbours with it.
  const between = text.slice(before.pos[0], Math.max(before.pos[0], error.pos[0]))
  return error.pos[0] === before.pos[0] || ((between.match(/\n/g)?.length ?? 0) <= 1 && !isColonInText(error, text))
}

function isMisplacedKey({ code, message }: YAMLError): boolean {
  return code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY' || /^Implicit map keys/.test(message)
}

function isColonInText({ code, pos: [start] }: YAMLError, text: string): boolean {
  return code === 'BLOCK_AS_IMPLICIT_KEY' && /^\S.*:(\s|$)/m.exec(text.slice(start))?.index === 0
}

function isUnclosedQuote({ message }: YAMLError): boolean {
  return /closing .quote/.test(message)
}

function isUnclosedFlow({ message }: YAMLError): boolean {
  return /^Flow .* end with a /.test(message)
}

/**
 * Where the lists and objects begin that no bracket ends: the library points to where it gave up. One that holds another text,
 * list or object without an end is a consequence of that.
 */
function unclosedFlows(tree: Tree, text: string, quotes: readonly SyntaxFinding[]): SyntaxFinding[] {
  const found: { start: number; end: number; what: string; close: string }[] = []
  visit(tree, {
    Node(_, node: Node) {
      if (!isCollection(node) || node.flow !== true || !node.range) return
      const [start, end] = node.range
      const [what, close] = isMap(node) ? ['object', '}'] : ['list', ']']
      if (text[end - 1] !== close) found.push({ start, end, what, close })
    },
  })
  const starts = [...found.map(({ start }) => start), ...quotes.map(({ span }) => span.start)]
  return found
    .filter(({ start, end }) => !starts.some((other) => other > start && other < end))
    .map(({ start, what, close }) => ({
      severity: 'error',
      code: 'yaml-syntax',
      span: { start, end: start + 1 },
      message: `the ${what} that begins here has no closing ${close}`,
    }))
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
  return { severity, code: 'yaml-syntax', span, ...inWords(error, text) }
}

/** What the library says of the commonest slips is about its grammar; this is about the text. */
function inWords(error: YAMLError, text: string): Pick<SyntaxFinding, 'message' | 'hint'> & { span?: Span } {
  const { code, pos, message } = error
  const [start] = pos
  const lineEnd = (from: number) => (text.indexOf('\n', from) === -1 ? text.length : text.indexOf('\n', from))
  const rest = text.slice(start, lineEnd(start))
  const at = (from: number) => ({ span: { start: from, end: Math.max(from + 1, lineEnd(from)) } })
  if (isColonInText(error, text))
    return { message: 'a value with ": " in it has to stand in quotes', ...at(start), hint: `Write "${rest.trim()}".` }
  if (code === 'BLOCK_AS_IMPLICIT_KEY') {
    const below = /\S/.exec(text.slice(lineEnd(start)))?.index
    const where = below === undefined ? {} : at(lineEnd(start) + below)
    const message = 'this line is indented deeper than the key above it, which has its value already'
    return { message, ...where, hint: 'Indent both lines alike.' }
  }
  if (code === 'MULTILINE_IMPLICIT_KEY' && /^\S+:\S/.test(rest))
    return { message: `"${rest.trim()}" is no key with a value`, hint: 'YAML wants a space behind the colon.' }
  if (code === 'BAD_INDENT' && message.includes('same column')) {
    const indent = /^ */.exec(rest)?.[0].length ?? 0
    const above = 'this line is indented otherwise than the keys above it'
    return { message: above, ...at(start + indent), hint: 'Keys of one object begin in the same column.' }
  }
  if (code === 'BAD_SCALAR_START')
    return { message: `a value cannot begin with ${text[start]} unless it stands in quotes`, hint: `Write "${rest.trim()}".` }
  return { message: message.charAt(0).toLowerCase() + message.slice(1) }
}
