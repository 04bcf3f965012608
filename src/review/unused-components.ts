import { schemesOfOwnRoutes } from '../config/own-routes.ts'
import { child, type Document, escapePointer, isObject, type Located, members, pointerTokens } from '../documents/document.ts'
import { parseReference, rootOf } from '../documents/references.ts'
import type { Rule } from './review.ts'

/** The kinds of components that are used by reference alone; callbacks, links and the like are only descriptions. */
const kinds = ['schemas', 'parameters', 'responses', 'requestBodies', 'headers', 'examples', 'pathItems']

/** Components that nothing refers to, in documents that also have paths; and security schemes that nothing asks for. */
export const reviewUnusedComponents: Rule = ({ config, api, documents, diagnostics }) => {
  const used = new Set<string>()
  const parents = new Set<string>()
  for (const document of documents.all()) collect(document, used, parents)
  for (const { document } of api.openapi) {
    const root = rootOf(document)
    const components = child(root, 'components')
    if (child(root, 'paths') === undefined || components === undefined) continue
    const report = ({ document, pointer }: Located, what: string, hint: string) =>
      diagnostics.warning('unused-component', document.locate(pointer, 'key'), what, hint)
    for (const kind of kinds) {
      for (const [name, node] of members(child(components, kind))) {
        if (isUsed(node, used, parents)) continue
        report(node, `nothing refers to the component "${name}" of ${kind}`, 'Remove it, or refer to it.')
      }
    }
    const asked = new Set([...requirementsOf(root, documents), ...schemesOfOwnRoutes([config.metrics, config.ops])])
    for (const [name, node] of members(child(components, 'securitySchemes'))) {
      if (!asked.has(name))
        report(node, `nothing asks for the security scheme "${name}"`, "Name it under 'security', or remove it.")
    }
  }
}

function isUsed(node: Located, used: ReadonlySet<string>, parents: ReadonlySet<string>): boolean {
  const place = `${node.document.file}#${node.pointer}`
  if (used.has(place) || !isObject(node.value)) return true
  if (Object.keys(node.value).some((key) => key === '$id' || key === '$anchor' || key === '$dynamicAnchor')) return true
  // A discriminator of 3.0 finds its schemas by their names: whoever extends one that has it may be meant by a message.
  return members(child(node, 'allOf')).some(([, part]) => {
    const target =
      isObject(part.value) && typeof part.value.$ref === 'string' ? placeOf(part.value.$ref, node.document) : undefined
    return target !== undefined && parents.has(target)
  })
}

/** Notes what every `$ref` and discriminator mapping of a document leads to, also the parts on the way, and what has a discriminator. */
function collect(document: Document, used: Set<string>, parents: Set<string>): void {
  const open: { value: unknown; pointer: string }[] = [{ value: document.value, pointer: '' }]
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { value, pointer } = entry
    if (isObject(value)) {
      if (typeof value.$ref === 'string') note(value.$ref, document, used)
      if (isObject(value.discriminator)) {
        parents.add(`${document.file}#${pointer}`)
        for (const target of mappingOf(value.discriminator)) {
          note(target, document, used)
          note(`#/components/schemas/${escapePointer(target)}`, document, used)
        }
      }
    }
    if (typeof value !== 'object' || value === null) continue
    for (const [key, member] of Object.entries(value)) {
      if (typeof member === 'object' && member !== null) open.push({ value: member, pointer: `${pointer}/${escapePointer(key)}` })
    }
  }
}

function mappingOf(discriminator: Record<string, unknown>): string[] {
  const { mapping } = discriminator
  return isObject(mapping) ? Object.values(mapping).filter((target) => typeof target === 'string') : []
}

function note(reference: string, document: Document, used: Set<string>): void {
  const place = placeOf(reference, document)
  if (place === undefined) return
  const [file, pointer] = place.split('#', 2) as [string, string]
  // What refers into a component uses it as well.
  const tokens = pointerTokens(pointer)
  for (let length = tokens.length; length >= 3; length--) {
    used.add(
      `${file}#${tokens
        .slice(0, length)
        .map((token) => `/${escapePointer(token)}`)
        .join('')}`,
    )
  }
}

function placeOf(reference: string, document: Document): string | undefined {
  const parsed = parseReference(reference, document)
  return 'code' in parsed ? undefined : `${parsed.file ?? document.file}#${parsed.fragment}`
}

/** The names of all schemes that the document or an operation of it asks for, whether or not gateway.yaml opens the operation. */
function requirementsOf(root: Located, documents: Parameters<Rule>[0]['documents']): Set<string> {
  const holders = [root]
  for (const [, written] of members(documents.get(root, 'paths'))) {
    const pathItem = documents.follow(written)
    if (pathItem !== undefined) holders.push(...members(pathItem).map(([, operation]) => operation))
  }
  const lists = holders.flatMap((holder) => members(child(holder, 'security')))
  return new Set(lists.flatMap(([, requirement]) => members(requirement).map(([name]) => name)))
}
