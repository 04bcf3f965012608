import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, type Node, type Document as Tree, type YAMLMap } from 'yaml'
import type { DiagnosticCode } from './diagnostic-codes.ts'
import { duplicateKey, maxDepth, type SyntaxFinding, tooDeep } from './findings.ts'
import type { Span } from './places.ts'
import { nearest } from './suggest.ts'

/** How many values aliases may add to what is written out. */
const maxRepeated = 1_000_000

interface Walk {
  findings: SyntaxFinding[]
  /** The anchors that are in force, with the number of values below them; undefined while their own content is walked. */
  anchors: Map<string, { node: Node; size: number | undefined }>
  targets: Map<Node, Node>
  written: number
}

/**
 * What the parser lets pass: keys that stand twice, keys that are no text, merges of what is no object, and aliases that
 * are unknown, stand inside of what they repeat, or repeat too much in all ("billion laughs").
 */
export function checkTree(tree: Tree): SyntaxFinding[] {
  const walk: Walk = { findings: [], anchors: new Map(), targets: new Map(), written: 0 }
  const size = visit(tree.contents, walk, 0)
  if (size - walk.written > maxRepeated) {
    const message = `the aliases of this document repeat more than ${maxRepeated} values`
    report(walk, 'alias-limit', spanOf(tree.contents, 0), message, 'Write out what is meant; aliases of aliases multiply.')
  }
  return walk.findings
}

/** What each alias of a checked tree stands for. */
export function aliasTargets(tree: Tree): Map<Node, Node> {
  const walk: Walk = { findings: [], anchors: new Map(), targets: new Map(), written: 0 }
  visit(tree.contents, walk, 0)
  return walk.targets
}

/** Visits a node and gives the number of values in it, those that aliases repeat included. */
function visit(node: unknown, walk: Walk, depth: number): number {
  if (isAlias(node)) return visitAlias(node, walk)
  const { anchor } = (node ?? {}) as { anchor?: string }
  const known = { node: node as Node, size: undefined as number | undefined }
  if (anchor !== undefined) walk.anchors.set(anchor, known)
  walk.written++
  known.size = 1 + (isCollection(node) ? visitItems(node, walk, depth) : 0)
  return known.size
}

function visitAlias(node: Node & { source: string }, walk: Walk): number {
  const known = walk.anchors.get(node.source)
  walk.written++
  if (known === undefined) {
    const near = nearest(node.source, walk.anchors.keys())
    report(
      walk,
      'unknown-alias',
      spanOf(node, 0),
      `there is no anchor &${node.source} before this alias`,
      near && `Did you mean *${near}?`,
    )
    return 1
  }
  if (known.size === undefined) {
    report(walk, 'alias-cycle', spanOf(node, 0), `the alias *${node.source} stands inside of what it repeats`)
    return 1
  }
  walk.targets.set(node, known.node)
  return known.size
}

function visitItems(node: Node & { items: unknown[] }, walk: Walk, depth: number): number {
  if (depth > maxDepth) {
    walk.findings.push(tooDeep(spanOf(node, 0)))
    return 0
  }
  let size = 0
  for (const item of node.items) {
    if (isPair(item)) visit(item.key, walk, depth + 1)
    size += visit(isPair(item) ? item.value : item, walk, depth + 1)
  }
  if (isMap(node)) checkKeys(node, walk)
  return size
}

function checkKeys(map: YAMLMap, walk: Walk): void {
  const names = new Set<string>()
  for (const { key, value } of map.items) {
    const name = keyName(key, walk.targets)
    const span = spanOf(key, spanOf(map, 0).start)
    if (name === undefined) report(walk, 'invalid-key', span, 'a key must be a scalar, not a list or an object')
    else if (name === mergeKey) checkMerge(value, walk)
    else if (names.has(name)) walk.findings.push(duplicateKey(name, span))
    else names.add(name)
  }
}

function checkMerge(value: unknown, walk: Walk): void {
  const target = resolveAlias(value, walk.targets)
  const sources = isSeq(target) ? target.items.map((item) => resolveAlias(item, walk.targets)) : [target]
  // An alias without a target was reported already.
  if (sources.every((source) => isMap(source) || isAlias(source))) return
  report(walk, 'invalid-merge', spanOf(value, 0), 'the merge key "<<" takes an alias of an object, or a list of them')
}

/** What an alias stands for; any other node as it is. */
export function resolveAlias(node: unknown, targets: ReadonlyMap<Node, Node>): Node | null {
  return isAlias(node) ? (targets.get(node) ?? node) : (node as Node | null)
}

/** Stands for the merge key `<<`, which is no name; in quotes it is one. */
export const mergeKey = Symbol('<<')

/** The name that a key has in the parsed value; undefined when it is no scalar. */
export function keyName(key: unknown, targets: ReadonlyMap<Node, Node>): string | typeof mergeKey | undefined {
  const target = resolveAlias(key, targets)
  if (target === null) return ''
  if (!isScalar(target)) return undefined
  // The parser gives the merge key a symbol for its value.
  return typeof target.value === 'symbol' ? mergeKey : String(target.value ?? '')
}

/** Where a node stands; an empty value has no place of its own. */
export function spanOf(node: unknown, fallback: number): Span {
  const range = (node as Node | null | undefined)?.range
  return range ? { start: range[0], end: range[1] } : { start: fallback, end: fallback }
}

function report(walk: Walk, code: DiagnosticCode, span: Span, message: string, hint?: string): void {
  walk.findings.push({ severity: 'error', code, span, message, ...(hint !== undefined && { hint }) })
}
