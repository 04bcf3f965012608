import type { Method } from '../model/operation.ts'

/** All that is served at one path template. */
export interface Route<Endpoint> {
  /** The first template that was registered for this shape. */
  readonly template: string
  readonly methods: Map<string, Endpoint>
}

/** A route that a path matched, with the raw (still percent-encoded) values of its variables in template order. */
export interface Match<Endpoint> {
  readonly route: Route<Endpoint>
  readonly values: readonly string[]
}

export interface Router<Endpoint> {
  /** Registers an endpoint; false when method and path shape are taken already. */
  add(method: Method, template: string, endpoint: Endpoint): boolean
  /** The most specific route for a path (without query); undefined when there is none. */
  match(path: string): Match<Endpoint> | undefined
  readonly routes: readonly Route<Endpoint>[]
}

/** A segment that mixes text and variables, such as `{name}.json` or `('{key}')`. */
interface MixedSegment<Endpoint> {
  readonly shape: string
  /** The text before, between and after the variables. */
  readonly texts: readonly string[]
  readonly literalLength: number
  readonly next: Node<Endpoint>
}

interface Node<Endpoint> {
  readonly literals: Map<string, Node<Endpoint>>
  /** Most literal text first. */
  readonly mixed: MixedSegment<Endpoint>[]
  variable: Node<Endpoint> | undefined
  route: Route<Endpoint> | undefined
}

const noValues: readonly string[] = Object.freeze([])

/**
 * A tree of path segments. Literal segments win over mixed ones and those over plain variables, from left to right and
 * whatever the order of registration (OpenAPI 3.1 section 4.8.8.2); a path without variables is found by one look-up.
 * A variable takes one segment. An empty one (`/users/`) matches where nothing else does, so that the caller learns which
 * value is missing; the decoder of path parameters refuses it.
 */
export function createRouter<Endpoint>(): Router<Endpoint> {
  const root = createNode<Endpoint>()
  const literalPaths = new Map<string, Match<Endpoint>>()
  const routes: Route<Endpoint>[] = []

  function add(method: Method, template: string, endpoint: Endpoint): boolean {
    let node = root
    for (const segment of template.split('/').slice(1)) node = step(node, segment)
    if (node.route === undefined) {
      node.route = { template, methods: new Map() }
      routes.push(node.route)
      if (!template.includes('{')) literalPaths.set(template, { route: node.route, values: noValues })
    }
    if (node.route.methods.has(method)) return false
    node.route.methods.set(method, endpoint)
    return true
  }

  function match(path: string): Match<Endpoint> | undefined {
    const literal = literalPaths.get(path)
    if (literal !== undefined) return literal
    if (!path.startsWith('/')) return undefined
    const values: string[] = []
    const route = walk(root, path, 1, values, 1) ?? walk(root, path, 1, values, 0)
    return route === undefined ? undefined : { route, values }
  }

  return { add, match, routes }
}

function createNode<Endpoint>(): Node<Endpoint> {
  return { literals: new Map(), mixed: [], variable: undefined, route: undefined }
}

function step<Endpoint>(node: Node<Endpoint>, segment: string): Node<Endpoint> {
  if (!segment.includes('{')) {
    let next = node.literals.get(segment)
    if (next === undefined) node.literals.set(segment, (next = createNode()))
    return next
  }
  if (/^\{[^{}]*\}$/.test(segment)) return (node.variable ??= createNode())
  return stepMixed(node, segment)
}

function stepMixed<Endpoint>(node: Node<Endpoint>, segment: string): Node<Endpoint> {
  const texts = segment.split(/\{[^{}]*\}/)
  const shape = texts.join('{}')
  const known = node.mixed.find((candidate) => candidate.shape === shape)
  if (known !== undefined) return known.next
  const literalLength = texts.join('').length
  const next = createNode<Endpoint>()
  node.mixed.push({ shape, texts, literalLength, next })
  node.mixed.sort((a, b) => b.literalLength - a.literalLength)
  return next
}

/**
 * The variables' values of a mixed segment, in linear time: the text at both ends is fixed, and each text between two
 * variables is taken where it first occurs (a regular expression would need cubic time on `{a}.{b}.{c}`).
 */
function mixedValues(texts: readonly string[], segment: string, shortest: 0 | 1): string[] | undefined {
  const first = texts[0] as string
  const last = texts.at(-1) as string
  if (!segment.startsWith(first) || !segment.endsWith(last)) return undefined
  const end = segment.length - last.length
  const values: string[] = []
  let from = first.length
  for (let i = 1; i < texts.length; i++) {
    const to = i === texts.length - 1 ? end : segment.indexOf(texts[i] as string, from + shortest)
    if (to < from + shortest || to > end) return undefined
    values.push(segment.slice(from, to))
    from = to + (texts[i] as string).length
  }
  return values
}

/** The segment with those characters decoded that are part of the template's text: a careful client sends `'` as `%27`. */
function decodeTexts(texts: readonly string[], segment: string): string {
  const text = texts.join('')
  return segment.replace(/(?:%[0-9A-F]{2})+/gi, (encoded) => {
    try {
      const decoded = decodeURIComponent(encoded)
      return [...decoded].every((character) => text.includes(character)) ? decoded : encoded
    } catch {
      return encoded
    }
  })
}

/** `shortest` is the least length of a variable's value: 1, or 0 when nothing matched. */
function walk<Endpoint>(
  node: Node<Endpoint>,
  path: string,
  start: number,
  values: string[],
  shortest: 0 | 1,
): Route<Endpoint> | undefined {
  const slash = path.indexOf('/', start)
  const segment = slash === -1 ? path.slice(start) : path.slice(start, slash)
  const taken = values.length

  const literal = node.literals.get(segment) ?? encodedLiteral(node, segment)
  if (literal !== undefined) {
    const route = slash === -1 ? literal.route : walk(literal, path, slash + 1, values, shortest)
    if (route !== undefined) return route
    values.length = taken
  }
  for (const candidate of node.mixed) {
    const { texts } = candidate
    const found =
      mixedValues(texts, segment, shortest) ??
      (segment.includes('%') ? mixedValues(texts, decodeTexts(texts, segment), shortest) : undefined)
    if (found === undefined) continue
    values.push(...found)
    const route = slash === -1 ? candidate.next.route : walk(candidate.next, path, slash + 1, values, shortest)
    if (route !== undefined) return route
    values.length = taken
  }
  if (node.variable !== undefined && segment.length >= shortest) {
    values.push(segment)
    const route = slash === -1 ? node.variable.route : walk(node.variable, path, slash + 1, values, shortest)
    if (route !== undefined) return route
    values.length = taken
  }
  return undefined
}

/** `/caf%C3%A9` is the literal `/café` (RFC 3986 section 6.2.2); an encoded slash never becomes a separator. */
function encodedLiteral<Endpoint>(node: Node<Endpoint>, segment: string): Node<Endpoint> | undefined {
  if (node.literals.size === 0 || !segment.includes('%')) return undefined
  try {
    return node.literals.get(decodeURIComponent(segment))
  } catch {
    return undefined
  }
}
