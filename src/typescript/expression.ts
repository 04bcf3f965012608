/** A TypeScript type, kept apart as far as printing needs: what binds loosely gets parentheses where it stands inside something. */
export type Expression =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'union' | 'intersection'; readonly members: readonly Expression[] }

/** A member of an object type. */
export interface Member {
  /** As it is written before the colon: a property's name, quoted where it must be, or `[name: string]`. */
  readonly name: string
  readonly type: Expression
  readonly optional?: boolean | undefined
  /** A doc comment, as `docComment` makes it; empty without one. */
  readonly comment?: string | undefined
}

/** Lines up to this width hold a whole object or union. */
const width = 120

export function plain(text: string): Expression {
  return { kind: 'plain', text }
}

export const anything = plain('unknown')
export const nothing = plain('never')
const nullType = plain('null')

/** The union of types: flat, each once, without `never`; `unknown` takes in everything. */
export function union(members: readonly Expression[]): Expression {
  return combine('union', members, nothing, anything)
}

/** The intersection of types: flat, each once, without `unknown`; `never` leaves nothing. */
export function intersection(members: readonly Expression[]): Expression {
  return combine('intersection', members, anything, nothing)
}

export function orNull(type: Expression): Expression {
  return union([type, nullType])
}

function combine(
  kind: 'union' | 'intersection',
  members: readonly Expression[],
  neutral: Expression,
  absorbing: Expression,
): Expression {
  const flat = new Map<string, Expression>()
  for (const member of members) {
    for (const one of member.kind === kind ? member.members : [member]) flat.set(print(one), one)
  }
  flat.delete(print(neutral))
  if (flat.has(print(absorbing))) return absorbing
  const rest = [...flat.values()]
  return rest.length === 0 ? neutral : rest.length === 1 ? (rest[0] as Expression) : { kind, members: rest }
}

export function arrayOf(type: Expression): Expression {
  return plain(`${inside(type)}[]`)
}

/** A type where only what binds tightly may stand. */
function inside(type: Expression): string {
  return type.kind === 'plain' ? type.text : `(${print(type)})`
}

export function print(type: Expression): string {
  if (type.kind === 'plain') return type.text
  const members = type.members.map((member) =>
    type.kind === 'intersection' && member.kind === 'union' ? inside(member) : print(member),
  )
  const separator = type.kind === 'union' ? '|' : '&'
  const line = members.join(` ${separator} `)
  if (fitsLine(line) || members.some((member) => member.includes('\n'))) return line
  return members.map((member) => `\n${indent(`${separator} ${member}`)}`).join('')
}

/** An object type; on one line when it is short and nothing in it is explained. */
export function objectOf(members: readonly Member[]): Expression {
  if (members.length === 0) return plain('{}')
  const lines = members.map(({ name, type, optional = false }) =>
    `${name}${optional ? '?' : ''}: ${print(type)}`.replace(': \n', ':\n'),
  )
  const line = `{ ${lines.join('; ')} }`
  if (members.every(({ comment }) => !comment) && fitsLine(line)) return plain(line)
  return plain(`{\n${members.map(({ comment = '' }, index) => indent(comment + lines[index])).join('\n')}\n}`)
}

/** A name that is decided once everything is known: what it will be like, and what it is decided by. */
export function openName(like: string, key: string): Expression {
  return plain(`\uE000${like}\uE001${key}\uE002`)
}

/** What the name is decided by when a type is nothing but an open name. */
export function openNameKey(type: Expression): string | undefined {
  return type.kind === 'plain' ? /^\uE000[^\uE001]*\uE001([^\uE002]*)\uE002$/.exec(type.text)?.[1] : undefined
}

/** Puts decided names into printed text. */
export function replaceOpenNames(text: string, nameOf: (key: string) => string): string {
  return text.replace(/\uE000[^\uE001]*\uE001([^\uE002]*)\uE002/g, (_, key: string) => nameOf(key))
}

function fitsLine(text: string): boolean {
  if (text.includes('\n')) return false
  return text.length <= width || text.replace(/\uE001[^\uE002]*\uE002/g, '').length <= width
}

export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

/** A property's name as it stands in an object type. */
export function memberName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}

/** A JSON value as a literal type. */
export function literal(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value)
      .slice(1, -1)
      .replaceAll('\\"', '"')
      .replaceAll("'", "\\'")
      .replace(/[\u2028\u2029]/g, escapeUnit)}'`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).map(([name, member]) => `${memberName(name)}: ${literal(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join('; ')} }`
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
