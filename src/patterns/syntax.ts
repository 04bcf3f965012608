import { type AST, RegExpParser } from '@eslint-community/regexpp'

const parser = new RegExpParser({ ecmaVersion: 2025, strict: false })

/** The syntax tree of an expression that the engine accepts; undefined for syntax that is newer than the parser. */
export function parseExpression({ source, unicode }: RegExp): AST.Pattern | undefined {
  try {
    return parser.parsePattern(source, 0, source.length, { unicode })
  } catch {
    return undefined
  }
}

/** The flags that hold for a part of an expression; groups such as `(?i:…)` change them. */
export interface Flags {
  readonly ignoreCase: boolean
  readonly dotAll: boolean
  readonly multiline: boolean
  readonly unicode: boolean
}

export function flagsOf({ ignoreCase, dotAll, multiline, unicode }: RegExp): Flags {
  return { ignoreCase, dotAll, multiline, unicode }
}

export function flagsBelow(flags: Flags, { modifiers }: AST.Group): Flags {
  if (modifiers === null) return flags
  const { add, remove } = modifiers
  const read = (name: 'ignoreCase' | 'dotAll' | 'multiline') => (add[name] || flags[name]) && remove?.[name] !== true
  return { ...flags, ignoreCase: read('ignoreCase'), dotAll: read('dotAll'), multiline: read('multiline') }
}

/** True when the alternatives can only match at the beginning of the text. */
export function isAnchored(alternatives: readonly AST.Alternative[], flags: Flags): boolean {
  return alternatives.every(({ elements: [first] }) => {
    if (first?.type === 'Assertion') return first.kind === 'start' && !flags.multiline
    if (first?.type === 'Group') return isAnchored(first.alternatives, flagsBelow(flags, first))
    return first?.type === 'CapturingGroup' && isAnchored(first.alternatives, flags)
  })
}
