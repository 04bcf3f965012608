import { dirname, resolve as resolvePath } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { child, type Document, escapePointer, isObject, type Located, pointerTokens } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { isReference, withoutSelf } from '../documents/references.ts'

/** A schema resource (JSON Schema 2020-12 section 4.3.5): a document, or a schema in it that has an `$id` of its own. */
export interface Resource {
  readonly uri: string
  readonly root: Located
  /** Plain-name fragments by `$anchor` and `$dynamicAnchor`. */
  readonly anchors: Map<string, Located>
  readonly dynamicAnchors: Map<string, Located>
}

/** Where a reference leads: its schema and, for a fragment made by `$dynamicAnchor`, that anchor's name. */
export interface Target {
  readonly schema: Located
  readonly dynamicAnchor?: string
}

export interface Resources {
  /** The resource that a schema lies in. */
  of(schema: Located): Resource
  /** One step of a `$ref`; undefined when it leads nowhere. Nothing is ever fetched. */
  resolve(reference: string, from: Located): Target | undefined
}

interface Index {
  readonly root: Resource
  /** Resources inside the document by pointer; empty for most documents. */
  readonly embedded: ReadonlyMap<string, Resource>
}

/** Finds schemas by `$ref`, `$id` and anchors over all documents that were seen. */
export function createResources(documents: Pick<Documents, 'load'>): Resources {
  const indexes = new Map<Document, Index>()
  const byUri = new Map<string, Resource>()

  function indexOf(document: Document): Index {
    let index = indexes.get(document)
    if (index === undefined) {
      index = indexDocument(document)
      indexes.set(document, index)
      for (const resource of [index.root, ...index.embedded.values()])
        if (!byUri.has(resource.uri)) byUri.set(resource.uri, resource)
    }
    return index
  }

  function of(schema: Located): Resource {
    const { root, embedded } = indexOf(schema.document)
    if (embedded.size === 0) return root
    for (let pointer = schema.pointer; pointer !== ''; pointer = pointer.slice(0, pointer.lastIndexOf('/'))) {
      const found = embedded.get(pointer)
      if (found) return found
    }
    return embedded.get('') ?? root
  }

  function resourceAt(uri: string, from: Located): Resource | undefined {
    const known = byUri.get(uri)
    if (known) return known
    if (!uri.startsWith('file:')) return undefined
    const loaded = documents.load(fileURLToPath(uri), from)
    return loaded && indexOf(loaded).root
  }

  /** `through`: the references that a JSON pointer led through so far, on whose way one may stand again only in a circle. */
  function find(written: string, from: Located, through: ReadonlySet<string>): Target | undefined {
    const reference = withoutSelf(written, from.document)
    const hash = reference.indexOf('#')
    const path = hash === -1 ? reference : reference.slice(0, hash)
    const fragment = hash === -1 ? '' : decode(reference.slice(hash + 1))
    const base = reference === written ? of(from) : indexOf(from.document).root
    const resource = path === '' ? base : resourceAt(absolute(path, base), from)
    if (resource === undefined || fragment === undefined) return undefined
    if (fragment !== '' && !fragment.startsWith('/')) {
      const dynamic = resource.dynamicAnchors.get(fragment)
      if (dynamic) return { schema: dynamic, dynamicAnchor: fragment }
      const anchored = resource.anchors.get(fragment)
      return anchored && { schema: anchored }
    }
    const schema = descend(resource.root, fragment, through)
    return schema && { schema }
  }

  function descend(root: Located, pointer: string, through: ReadonlySet<string>): Located | undefined {
    let node: Located | undefined = root
    for (const token of pointerTokens(pointer)) {
      node = child(node, token) ?? childBehind(node, token, through)
      if (node === undefined) return undefined
    }
    return node
  }

  function childBehind(node: Located, token: string, through: ReadonlySet<string>): Located | undefined {
    const place = `${node.document.file}#${node.pointer}`
    if (!isReference(node.value) || through.has(place)) return undefined
    const target = find(node.value.$ref, node, new Set([...through, place]))
    return target && child(target.schema, token)
  }

  return { of, resolve: (reference, from) => find(reference, from, none) }
}

const none: ReadonlySet<string> = new Set()

function decode(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return undefined
  }
}

function absolute(reference: string, base: Resource): string {
  try {
    return new URL(reference, base.uri).href
  } catch {
    // A base such as a URN cannot carry a relative path: the file decides then.
    try {
      return pathToFileURL(resolvePath(dirname(base.root.document.file), decodeURIComponent(reference))).href
    } catch {
      return reference
    }
  }
}

function newResource(uri: string, root: Located): Resource {
  return { uri, root, anchors: new Map(), dynamicAnchors: new Map() }
}

function indexDocument(document: Document): Index {
  const whole: Located = { document, pointer: '', value: document.value }
  const root = newResource(pathToFileURL(document.file).href, whole)
  const embedded = new Map<string, Resource>()
  if (/\$(?:id|anchor|dynamicAnchor)\b/.test(document.text)) collect(whole, root, embedded)
  return { root, embedded }
}

// Values that are data, not schemas: an `$id` in them names nothing.
const dataKeywords = new Set(['example', 'examples', 'default', 'enum', 'const', 'value'])

/** Collects what names schemas. Names of properties are not keywords, so maps of schemas are stepped over. */
function collect(node: Located, outer: Resource, embedded: Map<string, Resource>): void {
  const open: { node: Located; resource: Resource; names: boolean }[] = [{ node, resource: outer, names: false }]
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { names } = entry
    let { resource } = entry
    const { value, document, pointer } = entry.node
    if (typeof value !== 'object' || value === null) continue
    if (!names && isObject(value)) resource = enter(entry.node as Located<Record<string, unknown>>, resource, embedded)
    for (const [key, member] of Object.entries(value)) {
      if (typeof member !== 'object' || member === null || (!names && dataKeywords.has(key))) continue
      const below = { document, pointer: `${pointer}/${escapePointer(key)}`, value: member as unknown }
      open.push({ node: below, resource, names: !names && mapKeywords.has(key) })
    }
  }
}

// Objects whose keys are names: `default` there is a response or a property, not a keyword.
const mapKeywords = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'schemas',
  'responses',
])

function enter(node: Located<Record<string, unknown>>, outer: Resource, embedded: Map<string, Resource>): Resource {
  const { $id: id, $anchor: anchor, $dynamicAnchor: dynamicAnchor } = node.value
  let resource = outer
  if (typeof id === 'string' && !id.startsWith('#')) {
    resource = newResource(withoutFragment(absolute(id, outer)), node)
    embedded.set(node.pointer, resource)
  }
  if (typeof anchor === 'string' && !resource.anchors.has(anchor)) resource.anchors.set(anchor, node)
  if (typeof dynamicAnchor === 'string' && !resource.dynamicAnchors.has(dynamicAnchor))
    resource.dynamicAnchors.set(dynamicAnchor, node)
  return resource
}

function withoutFragment(uri: string): string {
  const hash = uri.indexOf('#')
  return hash === -1 ? uri : uri.slice(0, hash)
}
