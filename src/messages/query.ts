import { decodeForm } from './percent.ts'

/**
 * Which names of a query (or form) somebody wants, decided at boot: each exact name has a slot, `deepObject` names
 * have one by the part before the first bracket.
 */
export class QueryNames {
  readonly slots = new Map<string, number>()
  readonly deep = new Map<string, number>()
  /** True when some reader takes the names that nobody declared. */
  open = false

  slot(name: string): number {
    return claim(this.slots, name)
  }

  deepSlot(name: string): number {
    return claim(this.deep, name)
  }
}

function claim(slots: Map<string, number>, name: string): number {
  const slot = slots.get(name) ?? slots.size
  slots.set(name, slot)
  return slot
}

/** The raw texts of a query, by the slots of its `QueryNames`; texts are still percent-encoded. */
export interface QueryTexts {
  readonly slots: (string | string[] | undefined)[]
  /** Per deep slot, what stood behind its name (`[a][b]`, decoded) and the raw text. */
  readonly deep: [path: string, raw: string][][]
  /** Undeclared names (decoded) and their raw texts; only filled when `open`. */
  readonly rest: [name: string, raw: string][]
}

const noDeep: [string, string][][] = []

/** Splits `a=1&b=2` in one pass; names are decoded, values are not. The text must be `isDecodable`. */
export function readQuery(search: string, names: QueryNames): QueryTexts {
  const texts: QueryTexts = {
    slots: new Array(names.slots.size).fill(undefined),
    deep: names.deep.size === 0 ? noDeep : [],
    rest: [],
  }
  for (let start = 0; start < search.length; ) {
    let end = search.indexOf('&', start)
    if (end === -1) end = search.length
    if (end > start) readPair(search, start, end, names, texts)
    start = end + 1
  }
  return texts
}

function readPair(search: string, start: number, end: number, names: QueryNames, texts: QueryTexts): void {
  let equals = search.indexOf('=', start)
  if (equals === -1 || equals > end) equals = end
  const name = decodeForm(search.slice(start, equals))
  const raw = equals === end ? '' : search.slice(equals + 1, end)
  const slot = names.slots.get(name)
  if (slot !== undefined) put(texts.slots, slot, raw)
  else if (names.deep.size === 0 || !putDeep(texts.deep, names.deep, name, raw)) {
    if (names.open) texts.rest.push([name, raw])
  }
}

function putDeep(deep: QueryTexts['deep'], slots: ReadonlyMap<string, number>, name: string, raw: string): boolean {
  const bracket = name.indexOf('[')
  const slot = bracket > 0 && name.endsWith(']') ? slots.get(name.slice(0, bracket)) : undefined
  if (slot === undefined) return false
  const pairs = deep[slot] ?? []
  pairs.push([name.slice(bracket), raw])
  deep[slot] = pairs
  return true
}

function put(slots: (string | string[] | undefined)[], slot: number, raw: string): void {
  const known = slots[slot]
  if (known === undefined) slots[slot] = raw
  else if (typeof known === 'string') slots[slot] = [known, raw]
  else known.push(raw)
}
