import type { AST } from '@eslint-community/regexpp'
import type { Flags } from './syntax.ts'

/** True for the characters (code points, or code units without the flag `u`) of a set. */
type CharacterTest = (code: number) => boolean

/** Characters sorted by what a program can tell apart: those of one class are the same to it. */
export interface Alphabet {
  /** The number of the set that a node of the tree stands for. */
  setOf(node: AST.Character | AST.CharacterClass | AST.CharacterSet, flags: Flags): number
  /** The number of a character's class. */
  classOf(code: number): number
  /** Whether the characters of a class belong to a set. */
  contains(set: number, classNumber: number): boolean
}

/** How many characters beyond the basic plane have their class remembered. */
const mostRemembered = 10_000

export function createAlphabet(): Alphabet {
  const tests: CharacterTest[] = []
  const numbers = new Map<string, number>()
  const classes = new Map<string, number>()
  const memberships: string[] = []
  const ascii = unknownClasses(128)
  // Made for the first text that goes beyond ASCII.
  let basicPlane: Int32Array | undefined
  const others = new Map<number, number>()

  function setOf(node: AST.Character | AST.CharacterClass | AST.CharacterSet, flags: Flags): number {
    const { ignoreCase, dotAll, unicode } = flags
    const letters = `${ignoreCase ? 'i' : ''}${dotAll ? 's' : ''}${unicode ? 'u' : ''}`
    const key = node.type === 'Character' ? `${node.value} ${letters}` : `${node.raw} ${letters}`
    let number = numbers.get(key)
    if (number === undefined) {
      number = tests.length
      numbers.set(key, number)
      tests.push(node.type === 'Character' && !ignoreCase ? (code) => code === node.value : testBy(expressionOf(node), letters))
    }
    return number
  }

  function classOf(code: number): number {
    if (code > 0xffff) return classOfRare(code)
    const table = code < 128 ? ascii : (basicPlane ??= unknownClasses(0x10000))
    const known = table[code] as number
    return known === -1 ? (table[code] = find(code)) : known
  }

  function classOfRare(code: number): number {
    const known = others.get(code)
    if (known !== undefined) return known
    if (others.size === mostRemembered) others.clear()
    const found = find(code)
    others.set(code, found)
    return found
  }

  function find(code: number): number {
    let membership = ''
    for (const test of tests) membership += test(code) ? '1' : '0'
    let number = classes.get(membership)
    if (number === undefined) {
      number = memberships.length
      memberships.push(membership)
      classes.set(membership, number)
    }
    return number
  }

  return { setOf, classOf, contains: (set, classNumber) => memberships[classNumber]?.[set] === '1' }
}

function unknownClasses(size: number): Int32Array {
  return new Int32Array(size).fill(-1)
}

/** The engine itself says what belongs to a set, so that nothing about Unicode has to be repeated here. */
function testBy(expression: string, letters: string): CharacterTest {
  const single = new RegExp(`^(?:${expression})$`, letters)
  return letters.includes('u')
    ? (code) => single.test(String.fromCodePoint(code))
    : (code) => single.test(String.fromCharCode(code))
}

function expressionOf(node: AST.Character | AST.CharacterClass | AST.CharacterSet): string {
  if (node.type !== 'Character') return node.raw
  return node.value > 0xffff ? `\\u{${node.value.toString(16)}}` : `\\u${node.value.toString(16).padStart(4, '0')}`
}
