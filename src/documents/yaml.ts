import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Document as Tree,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import type { FindPlace, Place, Span } from './places.ts'

/** One finding about the text itself. */
export interface SyntaxFinding {
  severity: 'error' | 'warning'
  code: string
  span: Span
  message: string
  hint?: string
}

/** How often the content of anchors may be repeated by aliases, nested repetitions multiplied. */
const maxAliasCount = 10_000

/**
 * Reads YAML 1.2 (core schema, one document, merge keys). The value is undefined when there are errors; all of them
 * are reported, not only the first.
 */
export function parseYaml(text: string): { value: unknown; findings: SyntaxFinding[] } {
  const tree = parseTree(text)
  const findings = [...tree.errors.slice(0, 20).map(syntaxFinding), ...tree.warnings.map(syntaxFinding)]
  if (tree.errors.length > 0) return { value: undefined, findings }
  findings.push(...checkTree(tree))
  if (findings.some((finding) => finding.severity === 'error')) return { value: undefined, findings }
  try {
    return { value: tree.toJS({ maxAliasCount }), findings }
  } catch {
    return { value: undefined, findings: [...findings, aliasLimit(tree)] }
  }
}

function parseTree(text: string): Tree {
  // Duplicate keys are found by checkTree: the library compares every key with every other, which takes minutes on long maps.
  return parseDocument(text, { merge: true, uniqueKeys: false, prettyErrors: false, strict: true, logLevel: 'silent' })
}

/** Finds places in YAML text that is known to be well-formed; the text is parsed again at the first question. */
export function yamlPlaces(text: string): FindPlace {
  let tree: Tree | undefined
  return (tokens) => {
    tree ??= parseTree(text)
    let node = tree.contents as Node | null
    let place: Place = { value: spanOf(node, 0) }
    for (const token of tokens) {
      const target = resolve(node, tree)
      if (isMap(target)) {
        const pair = findPair(target, token, tree)
        if (pair === undefined) break
        const key = spanOf(pair.key, place.value.start)
        node = pair.value as Node | null
        place = { key, value: node === null ? { start: key.end, end: key.end } : spanOf(node, key.end) }
      } else if (isSeq(target)) {
        const item = target.items[Number(token)] as Node | undefined
        if (item === undefined) break
        node = item
        place = { value: spanOf(item, place.value.start) }
      } else {
        break
      }
    }
    return place
  }
}

function resolve(node: Node | null, tree: Tree): Node | null {
  return isAlias(node) ? ((node.resolve(tree) as Node | undefined) ?? null) : node
}

function findPair(map: YAMLMap, key: string, tree: Tree): Pair<Node, Node | null> | undefined {
  let merged: Pair<Node, Node | null> | undefined
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const name = keyName(pair.key, tree)
    if (name === key && name !== '<<') return pair
    if (name === '<<') merged ??= findMerged(pair.value, key, tree)
  }
  return merged
}

function findMerged(source: Node | null, key: string, tree: Tree): Pair<Node, Node | null> | undefined {
  const target = resolve(source, tree)
  if (isMap(target)) return findPair(target, key, tree)
  if (!isSeq(target)) return undefined
  for (const item of target.items) {
    const pair = findMerged(item as Node, key, tree)
    if (pair !== undefined) return pair
  }
  return undefined
}

/** The name that a key has in the parsed value. */
function keyName(key: unknown, tree: Tree): string | undefined {
  const target = resolve(key as Node | null, tree)
  if (target === null) return ''
  return isScalar(target) ? String(target.value ?? '') : undefined
}

function spanOf(node: unknown, fallback: number): Span {
  const range = (node as Node | null)?.range
  return range ? { start: range[0], end: range[1] } : { start: fallback, end: fallback }
}

/** What the parser lets pass: keys that stand twice, keys that are no text, aliases inside of what they repeat. */
function checkTree(tree: Tree): SyntaxFinding[] {
  const findings: SyntaxFinding[] = []
  const visit = (node: unknown, open: readonly unknown[]): void => {
    if (isAlias(node)) {
      const target = node.resolve(tree)
      if (open.includes(target)) {
        findings.push({
          severity: 'error',
          code: 'alias-cycle',
          span: spanOf(node, 0),
          message: `the alias *${node.source} stands inside of what it repeats`,
        })
      }
    } else if (isCollection(node)) {
      const inside = node.anchor === undefined ? open : [...open, node]
      if (isMap(node)) findings.push(...checkKeys(node, tree))
      for (const item of node.items) visit(isPair(item) ? item.value : item, inside)
    }
  }
  visit(tree.contents, [])
  return findings
}

function checkKeys(map: YAMLMap, tree: Tree): SyntaxFinding[] {
  const findings: SyntaxFinding[] = []
  const names = new Set<string>()
  for (const { key } of map.items) {
    const name = keyName(key, tree)
    const span = spanOf(key, spanOf(map, 0).start)
    if (name === undefined)
      findings.push({ severity: 'error', code: 'invalid-key', span, message: 'a key must be a scalar, not a list or an object' })
    else if (names.has(name)) findings.push(duplicateKey(name, span))
    else if (name !== '<<') names.add(name)
  }
  return findings
}

/** The finding about a key that stands twice in one object; YAML and JSON alike. */
export function duplicateKey(name: string, span: Span): SyntaxFinding {
  return {
    severity: 'error',
    code: 'duplicate-key',
    span,
    message: `the key "${name}" stands twice in this object`,
    hint: 'Keep one of the two.',
  }
}

function aliasLimit(tree: Tree): SyntaxFinding {
  const message = `its aliases repeat more than ${maxAliasCount} values`
  return {
    severity: 'error',
    code: 'alias-limit',
    span: spanOf(tree.contents, 0),
    message,
    hint: 'Write it without nesting aliases in aliases.',
  }
}

function syntaxFinding(error: YAMLError): SyntaxFinding {
  const span = { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) }
  const message = error.message.charAt(0).toLowerCase() + error.message.slice(1)
  const severity = error.name === 'YAMLWarning' ? 'warning' : 'error'
  if (error.code === 'TAB_AS_INDENT' || message.startsWith('tabs are not allowed')) {
    return { severity, code: 'tab-indent', span, message: 'tabs are not allowed as indentation', hint: 'Indent with spaces.' }
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
  return { severity, code: 'yaml-syntax', span, message }
}
