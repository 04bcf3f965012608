/** A part of a regular expression as far as texts can be made from it. */
type Part =
  | { readonly kind: 'text'; readonly choices: readonly string[] }
  | { readonly kind: 'sequence'; readonly parts: readonly Part[] }
  | { readonly kind: 'either'; readonly options: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly least: number; readonly most: number }

/** More repetitions than this are not made, however many a pattern asks for. */
const longestRepeat = 4096

/**
 * Texts that a pattern probably matches, shortest first, then longer ones up to the wanted length. Lookarounds, back references
 * and unicode classes are not understood, so the caller tests each text against the pattern.
 */
export function* samplePattern(pattern: string, least: number, most: number): Generator<string> {
  const part = parse(pattern)
  if (part === undefined) return
  for (const variant of [0, 1, 2, 3, 5, 7]) yield render(part, 0, variant)
  for (let extra = 1; extra <= 8; extra++) yield render(part, extra, 0)
  if (least > 8 && least <= longestRepeat)
    for (let extra = least - 8; extra <= Math.min(least, most); extra++) yield render(part, extra, 0)
}

/** `extra`: how often beyond the least a repetition is done; `variant`: which of several choices is taken. */
function render(part: Part, extra: number, variant: number): string {
  if (part.kind === 'text') return part.choices[variant % part.choices.length] ?? ''
  if (part.kind === 'sequence') return part.parts.map((inner) => render(inner, extra, variant)).join('')
  if (part.kind === 'either') return render(part.options[variant % part.options.length] as Part, extra, variant)
  return render(part.part, 0, variant).repeat(Math.min(part.least + extra, part.most, longestRepeat))
}

interface Reader {
  readonly text: string
  at: number
}

function parse(pattern: string): Part | undefined {
  const reader: Reader = { text: pattern, at: 0 }
  const part = readEither(reader, 0)
  return part !== undefined && reader.at === pattern.length ? part : undefined
}

const deepestGroup = 32

function readEither(reader: Reader, depth: number): Part | undefined {
  const options: Part[] = []
  for (;;) {
    const option = readSequence(reader, depth)
    if (option === undefined) return undefined
    options.push(option)
    if (reader.text[reader.at] !== '|') break
    reader.at++
  }
  return options.length === 1 ? options[0] : { kind: 'either', options }
}

function readSequence(reader: Reader, depth: number): Part | undefined {
  const parts: Part[] = []
  while (reader.at < reader.text.length && reader.text[reader.at] !== '|' && reader.text[reader.at] !== ')') {
    const atom = readAtom(reader, depth)
    if (atom === undefined) return undefined
    parts.push(readRepeat(reader, atom))
  }
  return { kind: 'sequence', parts }
}

const nothing: Part = { kind: 'text', choices: [''] }

function readAtom(reader: Reader, depth: number): Part | undefined {
  const character = reader.text[reader.at++] as string
  if (character === '^' || character === '$') return nothing
  if (character === '.') return { kind: 'text', choices: ['a', 'b', '1'] }
  if (character === '[') return readClass(reader)
  if (character === '(') return depth > deepestGroup ? undefined : readGroup(reader, depth)
  if (character === '\\') return readEscape(reader)
  return { kind: 'text', choices: [character] }
}

function readGroup(reader: Reader, depth: number): Part | undefined {
  const opening = /^\?(?:<[A-Za-z_]\w*>|P<\w+>|:|<?[=!]|[imsx-]*:)/.exec(reader.text.slice(reader.at, reader.at + 100))?.[0] ?? ''
  reader.at += opening.length
  const part = readEither(reader, depth + 1)
  if (reader.text[reader.at++] !== ')') return undefined
  return /[=!]$/.test(opening) ? nothing : part
}

const digits = '0123456789'
const letters = 'abcdefghijklmnopqrstuvwxyz'
const words = `${letters}${letters.toUpperCase()}${digits}_`
const printable = `${words} -.,:;/!@#%&*+=~'"<>()[]{}|?$^\\\``
const classes: Readonly<Record<string, string>> = { d: digits, w: words, s: ' \t\n', D: `${letters}-`, W: ' -.', S: `${words}-` }

function readEscape(reader: Reader): Part | undefined {
  const character = reader.text[reader.at++]
  if (character === undefined || /[1-9]/.test(character)) return undefined
  if (character === 'b' || character === 'B' || character === 'A' || character === 'Z' || character === 'z') return nothing
  const choices = escaped(reader, character)
  return choices === undefined ? undefined : { kind: 'text', choices: [...choices] }
}

const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', '0': '\0' }

/** The characters that an escape stands for; its first letter is already read. */
function escaped(reader: Reader, character: string): string | undefined {
  if (Object.hasOwn(classes, character)) return classes[character]
  if (Object.hasOwn(controls, character)) return controls[character]
  const rest = reader.text.slice(reader.at, reader.at + 40)
  if (character === 'p' || character === 'P') {
    const name = /^\{[^}]*\}/.exec(rest)?.[0]
    if (name === undefined) return undefined
    reader.at += name.length
    return [...`${words} -é中`].filter((candidate) => matchesProperty(character, name, candidate)).join('') || undefined
  }
  const code =
    character === 'x' ? /^[\da-f]{2}/i.exec(rest) : character === 'u' ? /^(?:[\da-f]{4}|\{[\da-f]+\})/i.exec(rest) : undefined
  if (!code) return character
  reader.at += code[0].length
  return String.fromCodePoint(Math.min(Number.parseInt(code[0].replace(/[{}]/g, ''), 16), 0x10ffff))
}

function matchesProperty(letter: string, name: string, candidate: string): boolean {
  try {
    return new RegExp(`^\\${letter}${name}$`, 'u').test(candidate)
  } catch {
    return false
  }
}

function readClass(reader: Reader): Part | undefined {
  const negated = reader.text[reader.at] === '^'
  if (negated) reader.at++
  let members = ''
  while (reader.text[reader.at] !== ']') {
    const from = readMember(reader)
    if (from === undefined) return undefined
    if (reader.text[reader.at] === '-' && reader.text[reader.at + 1] !== ']' && from.length === 1) {
      reader.at++
      const to = readMember(reader)
      if (to === undefined) return undefined
      members += range(from, to)
    } else members += from
  }
  reader.at++
  const choices = negated ? [...printable].filter((character) => !members.includes(character)) : [...members]
  return choices.length === 0 ? undefined : { kind: 'text', choices: preferLetters(choices) }
}

function readMember(reader: Reader): string | undefined {
  const character = reader.text[reader.at++]
  if (character !== '\\') return character
  const letter = reader.text[reader.at++]
  if (letter === undefined) return undefined
  return letter === 'b' ? '\b' : escaped(reader, letter)
}

function range(from: string, to: string): string {
  const first = from.charCodeAt(0)
  const last = Math.min(to.charCodeAt(0), first + 127)
  return to.length === 1 && last >= first
    ? String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index))
    : from + to
}

/** Samples are read by people: `a` says more than a control character. */
function preferLetters(choices: readonly string[]): string[] {
  return [...choices.filter((character) => /[a-z]/.test(character)), ...choices.filter((character) => !/[a-z]/.test(character))]
}

function readRepeat(reader: Reader, part: Part): Part {
  const quantifier = /^(?:[*+?]|\{(\d+)(,)?(\d*)\})\??/.exec(reader.text.slice(reader.at, reader.at + 40))
  if (quantifier === null) return part
  reader.at += quantifier[0].length
  const unbounded = Number.POSITIVE_INFINITY
  const sign = quantifier[0][0]
  if (sign === '*') return { kind: 'repeat', part, least: 0, most: unbounded }
  if (sign === '+') return { kind: 'repeat', part, least: 1, most: unbounded }
  if (sign === '?') return { kind: 'repeat', part, least: 0, most: 1 }
  const least = Number(quantifier[1])
  const most = quantifier[2] === undefined ? least : quantifier[3] === '' ? unbounded : Number(quantifier[3])
  return { kind: 'repeat', part, least, most }
}
