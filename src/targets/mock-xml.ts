import { child, isObject, type Located, members } from '../documents/document.ts'

/** Finds what a schema's `$ref` leads to. */
interface References {
  follow(schema: Located): Located | undefined
}

/** How many references and parts of `allOf` are looked into on the way to one schema. */
const deepest = 16

/**
 * A JSON value as XML by the XML Objects of its schema (OpenAPI 3.1 section 4.8.26: `name`, `namespace`, `prefix`, `attribute`,
 * `wrapped`; 3.2: `nodeType`). Properties are elements, arrays repeated elements.
 */
export function writeXml(value: unknown, schema: Located | undefined, references: References): string {
  const { name, xml } = describe(schema, references)
  const root = xml.name ?? name ?? 'root'
  // A document has one root: a list needs one around its items.
  const body = Array.isArray(value) ? list(root, value, schema, references, true) : element(root, value, schema, references)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}`
}

interface Xml {
  readonly name?: string
  readonly namespace?: string
  readonly prefix?: string
  readonly attribute?: boolean
  readonly wrapped?: boolean
  readonly nodeType?: string
}

/** What XML needs to know of a schema: its XML Object, the name of the component that it is, and its parts. */
interface Description {
  readonly name: string | undefined
  readonly xml: Xml
  readonly items: Located | undefined
  property(name: string): Located | undefined
}

function describe(schema: Located | undefined, references: References): Description {
  const parts: Located[] = []
  let name: string | undefined
  const open = schema === undefined ? [] : [schema]
  for (let part = open.shift(); part !== undefined && parts.length < deepest; part = open.shift()) {
    if (!isObject(part.value)) continue
    parts.push(part)
    const { $ref } = part.value
    if (typeof $ref === 'string') name ??= $ref.split(/[/#]/).at(-1)
    const target = references.follow(part)
    if (target !== undefined) open.push(target)
    open.push(...members(child(part, 'allOf')).map(([, member]) => member))
  }
  const first = (...keys: string[]) => {
    for (const part of parts) {
      const found = keys.reduce<Located | undefined>((node, key) => node && child(node, key), part)
      if (found !== undefined) return found
    }
    return undefined
  }
  const xml = first('xml')?.value
  return { name, xml: isObject(xml) ? (xml as Xml) : {}, items: first('items'), property: (key) => first('properties', key) }
}

function element(name: string, value: unknown, schema: Located | undefined, references: References): string {
  const description = describe(schema, references)
  const { xml } = description
  const tag = prefixed(xml.name ?? name, xml)
  const space =
    xml.namespace === undefined ? '' : ` xmlns${xml.prefix === undefined ? '' : `:${xml.prefix}`}="${escapeText(xml.namespace)}"`
  if (!isObject(value)) return `<${tag}${space}>${text(value)}</${tag}>`
  const { attributes, content } = contentOf(value, description, references)
  return `<${tag}${space}${attributes}>${content}</${tag}>`
}

function contentOf(value: Record<string, unknown>, { property }: Description, references: References) {
  let [attributes, content] = ['', '']
  for (const [key, member] of Object.entries(value)) {
    const schema = property(key)
    const { xml } = describe(schema, references)
    if (xml.attribute === true || xml.nodeType === 'attribute')
      attributes += ` ${prefixed(xml.name ?? key, xml)}="${text(member)}"`
    else if (xml.nodeType === 'text' || xml.nodeType === 'cdata') content += text(member)
    else if (Array.isArray(member))
      content += list(key, member, schema, references, xml.wrapped === true || xml.nodeType === 'element')
    else content += element(key, member, schema, references)
  }
  return { attributes, content }
}

/** The name of a list is that of the element around it, when there is one; its items have their own name, or the list's. */
function list(
  name: string,
  values: readonly unknown[],
  schema: Located | undefined,
  references: References,
  wrapped: boolean,
): string {
  const { xml, items } = describe(schema, references)
  const inner = values.map((item) => {
    if (Array.isArray(item)) return list(name, item, items, references, true)
    return element(
      wrapped ? (describe(items, references).name ?? name) : (describe(items, references).xml.name ?? name),
      item,
      items,
      references,
    )
  })
  const tag = prefixed(xml.name ?? name, xml)
  return wrapped ? `<${tag}>${inner.join('')}</${tag}>` : inner.join('')
}

function prefixed(name: string, { prefix }: Xml): string {
  return prefix === undefined ? elementName(name) : `${elementName(prefix)}:${elementName(name)}`
}

function text(value: unknown): string {
  if (value === null || value === undefined) return ''
  return escapeText(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

function elementName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}_.-]/gu, '_')
  return /^[\p{L}_]/u.test(plain) ? plain : `_${plain}`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
