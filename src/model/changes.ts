import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Registry } from '../compile/registry.ts'
import type { Located } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { isReference } from '../documents/references.ts'
import type { Operation } from './operation.ts'

/** What two readings of the documents differ in: operationIds, in the order of the newer one. */
export interface Changes {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/** One reading of the documents, as far as it decides what an operation does. */
export interface Reading {
  readonly operations: readonly Operation[]
  readonly registry: Registry
  readonly documents: Documents
  /** Changes with the code of an operation's handler; undefined where there is none. */
  readonly handlerVersion: (operationId: string) => string | undefined
}

/** The operations that came, went, or do something else: by their description with all that it refers to, settings, access or code. */
export function compareOperations(before: Reading, after: Reading): Changes {
  const earlier = new Map(before.operations.map((operation) => [operation.id, operation]))
  const ids = new Set(after.operations.map(({ id }) => id))
  const textBefore = describer(before.documents)
  const textAfter = describer(after.documents)
  const isChanged = (operation: Operation): boolean => {
    const known = earlier.get(operation.id)
    if (known === undefined) return false
    return (
      known.target !== operation.target ||
      !isDeepStrictEqual(known.access, operation.access) ||
      before.handlerVersion(operation.id) !== after.handlerVersion(operation.id) ||
      !isDeepStrictEqual(settingsOf(known, before.registry), settingsOf(operation, after.registry)) ||
      textBefore(known) !== textAfter(operation)
    )
  }
  return {
    added: [...ids].filter((id) => !earlier.has(id)),
    changed: after.operations.filter(isChanged).map(({ id }) => id),
    removed: [...earlier.keys()].filter((id) => !ids.has(id)),
  }
}

/** Settings with what carries them out: an extension that was edited is another part. */
function settingsOf({ settings, target }: Operation, { policies, targets }: Registry) {
  const parts = [...policies, ...targets].filter(({ name }) => settings.has(name) || name === target)
  return parts.map((part) => [part.name, settings.get(part.name)?.value, part.compile])
}

/** Describes operations by hashes of the texts that they are written in, each text hashed once. */
function describer(documents: Documents): (operation: Operation) => string {
  const known = new Map<string, { text: string; targets: Located[] }>()

  function look(node: Located): { key: string; text: string; targets: Located[] } {
    const key = `${node.document.file}#${node.pointer}`
    const entry = known.get(key) ?? {
      text: hash('sha256', JSON.stringify(node.value) ?? ''),
      targets: referencesIn(node, documents),
    }
    known.set(key, entry)
    return { key, ...entry }
  }

  return function describe({ method, path, node, parameters }) {
    const nodes = new Map<string, Located>()
    const add = (located: Located) => nodes.set(`${located.document.file}#${located.pointer}`, located)
    for (const located of [node, ...parameters.map((parameter) => parameter.node)]) add(located)
    const texts: string[] = [method, path]
    // A map that grows while it is walked.
    for (const located of nodes.values()) {
      const { text, targets } = look(located)
      texts.push(text)
      for (const target of targets) add(target)
    }
    return texts.join(' ')
  }
}

function referencesIn(node: Located, documents: Documents): Located[] {
  const found: Located[] = []
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if (isReference(value)) {
      const target = documents.follow({ document: node.document, pointer: node.pointer, value: { $ref: value.$ref } })
      if (target !== undefined) found.push(target)
    }
    for (const member of Object.values(value)) walk(member)
  }
  walk(node.value)
  return found
}
