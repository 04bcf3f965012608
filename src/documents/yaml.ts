import { parseDocument, type Document as Tree } from 'yaml'
import { hasErrors, type SyntaxFinding, tooDeep } from './findings.ts'
import { syntaxFindings, syntaxWarnings } from './yaml-errors.ts'
import { checkTree } from './yaml-tree.ts'

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
  const findings = [...syntaxFindings(tree, text), ...syntaxWarnings(tree, text)]
  if (tree.errors.length === 0) findings.push(...checkTree(tree))
  // checkTree has bounded what the aliases repeat, more exactly than the library's own count does.
  return { value: hasErrors(findings) ? undefined : tree.toJS({ maxAliasCount: -1 }), findings }
}

/** The tree of a YAML text, for positions. */
export function parseTree(text: string): Tree {
  // Duplicate keys are found by checkTree: the library compares every key with every other, which takes minutes on long maps.
  return parseDocument(text, { merge: true, uniqueKeys: false, prettyErrors: false, strict: true, logLevel: 'error' })
}
