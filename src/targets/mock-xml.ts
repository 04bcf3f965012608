/** A JSON value as XML: properties as elements, arrays as repeated elements (OpenAPI 3.1 section 4.8.26, without its options). */
export function writeXml(value: unknown, root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, value)}`
}

function element(name: string, value: unknown): string {
  const tag = elementName(name)
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('')
  return `<${tag}>${content(value)}</${tag}>`
}

function content(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') return escapeText(String(value))
  return Object.entries(value)
    .map(([name, member]) => element(name, member))
    .join('')
}

function elementName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}_.-]/gu, '_')
  return /^[\p{L}_]/u.test(plain) ? plain : `_${plain}`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
