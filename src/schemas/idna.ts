import { domainToASCII, domainToUnicode } from 'node:url'

const rightToLeftLetter =
  /(?!\p{Nd})[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]/u
const arabicDigits = /[\u0660-\u0669]/u
const extendedArabicDigits = /[\u06f0-\u06f9]/u

/** Whether a label, encoded or not, has letters that are written from right to left: then the bidi rule holds for the whole name. */
export function isRightToLeft(label: string): boolean {
  return rightToLeftLetter.test(/^xn--/i.test(label) ? domainToUnicode(label) : label) || arabicDigits.test(label)
}

/** A U-label or an A-label (RFC 5890 section 2.3.2.1); `bidi`: the name has right-to-left labels. */
export function isIdnLabel(label: string, bidi: boolean): boolean {
  if (!/^xn--/i.test(label)) return isUnicodeLabel(label, bidi) && domainToASCII(label).length <= 63
  const decoded = domainToUnicode(label)
  if (label.length > 63 || decoded === '' || /^\p{ASCII}*$/u.test(decoded)) return false
  return isUnicodeLabel(decoded, bidi) && domainToASCII(decoded) === label.toLowerCase()
}

/** RFC 5891 section 4.2 for a label with characters beyond ASCII. */
function isUnicodeLabel(label: string, bidi: boolean): boolean {
  if (label === '' || /^\p{ASCII}*$/u.test(label)) return false
  if (/^-|-$|^..--/u.test(label) || /^\p{M}/u.test(label)) return false
  const characters = [...label]
  if (!characters.every((character, index) => isAllowed(character, characters, index))) return false
  if (arabicDigits.test(label) && extendedArabicDigits.test(label)) return false
  return !bidi || keepsBidiRule(label)
}

// RFC 5892 section 2.6.
const alwaysValid = new Set('\u00df\u03c2\u06fd\u06fe\u0f0b\u3007')
const neverValid = new Set('\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b')

/** RFC 5892: the derived property of a character, with the rules that depend on its neighbours (appendix A). */
function isAllowed(character: string, label: readonly string[], index: number): boolean {
  if (alwaysValid.has(character)) return true
  if (neverValid.has(character)) return false
  const contextual = contextRules.get(character)
  if (contextual !== undefined) return contextual(label[index - 1], label[index + 1], label, index)
  if (/^[a-z0-9-]$/.test(character)) return true
  if (!/^[\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}]$/u.test(character)) return false
  return character.normalize('NFKC').toLowerCase().normalize('NFKC') === character
}

type ContextRule = (before: string | undefined, after: string | undefined, label: readonly string[], index: number) => boolean

const isScript = (pattern: RegExp) => (character: string | undefined) => character !== undefined && pattern.test(character)
const isGreek = isScript(/\p{Script=Greek}/u)
const isHebrew = isScript(/\p{Script=Hebrew}/u)
const isJapaneseOrHan = isScript(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u)
const isVirama = isScript(
  /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039\u103a\u1714\u1715\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\u2d7f\ua806\ua82c\ua8c4\ua953\ua9c0\uaaf6\uabed]/u,
)
const joiningLetter = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Mandaic}]/u

const contextRules: ReadonlyMap<string, ContextRule> = new Map<string, ContextRule>([
  // ZERO WIDTH NON-JOINER: behind a virama, or between joining letters.
  ['\u200c', (before, after) => isVirama(before) || (isScript(joiningLetter)(before) && isScript(joiningLetter)(after))],
  ['\u200d', (before) => isVirama(before)],
  ['\u00b7', (before, after) => before === 'l' && after === 'l'],
  ['\u0375', (_before, after) => isGreek(after)],
  ['\u05f3', (before) => isHebrew(before)],
  ['\u05f4', (before) => isHebrew(before)],
  ['\u30fb', (_before, _after, label) => label.some((character) => character !== '\u30fb' && isJapaneseOrHan(character))],
])

/** RFC 5893 section 2: holds for every label of a name that has a right-to-left one. */
export function keepsBidiRule(label: string): boolean {
  const characters = [...label]
  const first = characters[0] as string
  const end = characters.findLast((character) => !/\p{Mn}/u.test(character)) ?? ''
  const european = /[0-9\u06f0-\u06f9]/u
  if (rightToLeftLetter.test(first)) {
    const leftToRight = characters.some((character) => /\p{L}/u.test(character) && !rightToLeftLetter.test(character))
    const mixed = european.test(label) && arabicDigits.test(label)
    return !leftToRight && !mixed && (rightToLeftLetter.test(end) || /\p{Nd}/u.test(end))
  }
  return /\p{L}/u.test(first) && !rightToLeftLetter.test(label) && /[\p{L}\p{Nd}]/u.test(end)
}
