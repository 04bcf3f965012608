import { isMap, isSeq, type Node, type Pair, type YAMLMap } from 'yaml'
import type { FindPlace, Place } from './places.ts'
import { parseTree } from './yaml.ts'
import { aliasTargets, keyName, mergeKey, resolveAlias, spanOf } from './yaml-tree.ts'

type Entries = ReadonlyMap<string, Pair<Node | null, Node | null>>

/** Finds places in YAML text that is known to be well-formed; the text is parsed again at the first question. */
export function yamlPlaces(text: string): FindPlace {
  let tree: YamlTree | undefined
  return (tokens) => {
    tree ??= openTree(text)
    let node = tree.root
    let place: Place = { value: spanOf(node, 0) }
    for (const token of tokens) {
      const next = tree.child(node, token, place)
      if (next === undefined) break
      node = next.node
      place = next.place
    }
    return place
  }
}

interface YamlTree {
  root: Node | null
  child(node: Node | null, token: string, parent: Place): { node: Node | null; place: Place } | undefined
}

function openTree(text: string): YamlTree {
  const tree = parseTree(text)
  const targets = aliasTargets(tree)
  const indexed = new WeakMap<YAMLMap, Entries>()

  function entriesOf(map: YAMLMap): Entries {
    let entries = indexed.get(map)
    if (entries === undefined) {
      entries = collect(map)
      indexed.set(map, entries)
    }
    return entries
  }

  /** The entries of a map by name, with those that it merges; its own win, then the first source's. */
  function collect(map: YAMLMap): Entries {
    const entries = new Map<string, Pair<Node | null, Node | null>>()
    const merged: unknown[] = []
    for (const pair of map.items as Pair<Node | null, Node | null>[]) {
      const name = keyName(pair.key, targets)
      if (name === mergeKey) merged.push(pair.value)
      else if (name !== undefined) entries.set(name, pair)
    }
    for (const source of merged.flatMap((value) => sourcesOf(value))) {
      for (const [name, pair] of entriesOf(source)) if (!entries.has(name)) entries.set(name, pair)
    }
    return entries
  }

  function sourcesOf(value: unknown): YAMLMap[] {
    const target = resolveAlias(value, targets)
    const sources = isSeq(target) ? target.items.map((item) => resolveAlias(item, targets)) : [target]
    return sources.filter((source) => isMap(source))
  }

  return {
    root: tree.contents as Node | null,
    child(node, token, parent) {
      const target = resolveAlias(node, targets)
      if (isMap(target)) {
        const pair = entriesOf(target).get(token)
        if (pair === undefined) return undefined
        const key = spanOf(pair.key, parent.value.start)
        return { node: pair.value, place: { key, value: spanOf(pair.value, key.end) } }
      }
      const item = isSeq(target) ? (target.items[Number(token)] as Node | undefined) : undefined
      return item && { node: item, place: { value: spanOf(item, parent.value.start) } }
    },
  }
}
