import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { Diagnostics } from './diagnostics.ts'
import { child, type Document, type Located } from './document.ts'
import { readDocument } from './read.ts'
import {
  descend,
  isReference,
  isSchemaScoped,
  meansTheSameEverywhere,
  parseReference,
  type ReferenceFailure,
} from './references.ts'
import { nearest } from './suggest.ts'

/** All documents of one boot; each file is read once. */
export interface Documents {
  /** Reads a file (relative to the directory of `from`'s document, else to the project's); reports what is wrong with it. */
  load(file: string, from?: Located): Document | undefined
  /** What a `$ref` chain ends with; a value without `$ref` is returned as it is. Dead ends and cycles are reported. */
  follow<T = unknown>(node: Located): Located<T> | undefined
  /** The member below these keys, every `$ref` on the way followed; undefined when there is none. */
  get<T = unknown>(node: Located, ...keys: (string | number)[]): Located<T> | undefined
  /** Every document read so far. */
  all(): Document[]
  /** The absolute paths of all files that were asked for, those included that could not be read. */
  files(): string[]
}

export interface DocumentsOptions {
  /** The project's, an absolute path; names in diagnostics are relative to it. */
  directory: string
  diagnostics: Diagnostics
  /** Documents of an earlier boot: one whose text is the same is not parsed again. */
  known?: readonly Document[] | undefined
}

export function openDocuments({ directory, diagnostics, known: earlier = [] }: DocumentsOptions): Documents {
  const read = new Map<string, Document | undefined>()
  const targets = new WeakMap<Document, Map<string, Located | ReferenceFailure>>()
  const ends = new WeakMap<Document, Map<string, Located>>()

  function load(file: string, from?: Located): Document | undefined {
    const path = resolve(from === undefined ? directory : resolve(from.document.file, '..'), file)
    const known = read.get(path)
    if (known !== undefined || (read.has(path) && from === undefined)) return known
    const before = earlier.find(({ file }) => file === path)
    const document = readDocument(path, shownName(directory, path), diagnostics, { from, known: before })
    read.set(path, document)
    return document
  }

  /** The target of one `$ref`, one step; the same reference in the same document gives the same object. */
  function step(node: Located<{ $ref: string }>, chain: ReadonlySet<string>): Located | ReferenceFailure | undefined {
    const known = targets.get(node.document) ?? new Map<string, Located | ReferenceFailure>()
    targets.set(node.document, known)
    const cached = known.get(node.value.$ref)
    if (cached !== undefined) return cached
    const target = locateTarget(node, chain)
    if (target !== undefined) known.set(node.value.$ref, target)
    return target
  }

  function locateTarget(node: Located<{ $ref: string }>, chain: ReadonlySet<string>): Located | ReferenceFailure | undefined {
    const { $ref } = node.value
    const reference = parseReference($ref, node.document)
    if ('code' in reference) return reference
    const document = reference.file === undefined ? node.document : load(reference.file, child(node, '$ref'))
    if (document === undefined) return undefined
    if (reference.fragment !== '' && !reference.fragment.startsWith('/')) {
      return {
        code: 'dead-reference',
        message: `the reference "${$ref}" is no JSON pointer`,
        hint: `Write it as "#/…", from the root of ${document.name}.`,
      }
    }
    const result = descend(document, reference.fragment, (through) => followFrom(through, chain))
    return 'found' in result ? result.found : deadReference($ref, document, result)
  }

  /** A reference that means the same wherever it stands is followed once; one that leads nowhere is reported at each of its places. */
  function followOnce(node: Located<{ $ref: string }>): Located | undefined {
    const { document, value } = node
    const known = ends.get(document)?.get(value.$ref)
    if (known !== undefined) return known
    const end = followFrom(node, new Set())
    if (end === undefined || !meansTheSameEverywhere(value.$ref, document)) return end
    ends.set(document, (ends.get(document) ?? new Map()).set(value.$ref, end))
    return end
  }

  function followFrom(start: Located, before: ReadonlySet<string>): Located | undefined {
    let node = start
    const chain = new Set(before)
    while (isReference(node.value)) {
      const { $ref } = node.value
      const place = `${node.document.file}#${node.pointer}`
      if (chain.has(place))
        return report(start, {
          code: 'reference-cycle',
          message: `the reference "${(start.value as { $ref: string }).$ref}" leads back to itself`,
        })
      chain.add(place)
      if (isSchemaScoped(node, $ref)) return undefined
      const target = step(node as Located<{ $ref: string }>, chain)
      if (target === undefined) return undefined
      if ('code' in target) return report(node, target)
      node = target
    }
    return node
  }

  function report(node: Located, { code, message, hint }: ReferenceFailure): undefined {
    diagnostics.error(code, child(node, '$ref') ?? node, message, hint)
  }

  const documents: Documents = {
    load,
    follow: <T>(node: Located) =>
      (isReference(node.value) ? followOnce(node as Located<{ $ref: string }>) : node) as Located<T> | undefined,
    get<T>(node: Located, ...keys: (string | number)[]) {
      let current: Located | undefined = node
      for (const key of keys) {
        const member: Located | undefined = child(current, key) ?? (isReference(current.value) ? behind(current, key) : undefined)
        current = member && documents.follow(member)
        if (current === undefined) return undefined
      }
      return current as Located<T>
    },
    files: () => [...read.keys()],
    all: () => [...read.values()].filter((document) => document !== undefined),
  }
  const behind = (node: Located, key: string | number) => {
    const target = documents.follow(node)
    return target && child(target, key)
  }
  return documents
}

function deadReference(
  $ref: string,
  document: Document,
  { parent, missing }: { parent: Located; missing: string },
): ReferenceFailure {
  const where = parent.pointer === '' ? document.name : `"${parent.pointer}" in ${document.name}`
  const names = typeof parent.value === 'object' && parent.value !== null ? Object.keys(parent.value) : []
  const near = nearest(missing, names)
  const hint = near === undefined ? {} : { hint: `Did you mean "${near}"?` }
  return {
    code: 'dead-reference',
    message: `the reference "${$ref}" leads nowhere: there is no "${missing}" in ${where}`,
    ...hint,
  }
}

/** The path that people see: relative to the project, unless that leads out by more than two levels. */
function shownName(directory: string, file: string): string {
  const name = relative(directory, file)
  const isFar = isAbsolute(name) || name.startsWith(['..', '..', '..'].join(sep))
  return isFar ? file : name.split(sep).join('/')
}
