/**
 * The indexes of two equal elements (JSON Schema equality), the lower first; undefined when all differ.
 * One pass over a canonical text of each element: comparing pairs would take minutes on an array of a megabyte.
 */
export function duplicateItems(items: readonly unknown[]): [first: number, second: number] | undefined {
  if (items.length < 2) return undefined
  const seen = new Map<unknown, number>()
  for (const [index, item] of items.entries()) {
    const key = typeof item === 'object' && item !== null ? `o${canonical(item)}` : typeof item === 'string' ? `s${item}` : item
    const first = seen.get(key)
    if (first !== undefined) return [first, index]
    seen.set(key, index)
  }
  return undefined
}

/** JSON text with sorted keys: equal for equal values only. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical((value as Record<string, unknown>)[key])}`)
  return `{${members.join(',')}}`
}
