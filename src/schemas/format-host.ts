import { isIPv4, isIPv6 } from 'node:net'
import { isIdnLabel, isRightToLeft, keepsBidiRule } from './idna.ts'

/** RFC 1123 section 2.1 and RFC 5890: letters, digits and inner hyphens; labels of 63, names of 253 characters; A-labels that decode. */
export function isHostname(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9.-]+$/i.test(text) && areLabels(text.split('.'))
}

/** RFC 5890 to 5893 (IDNA 2008); the three other full stops of RFC 3490 separate labels too. */
export function isIdnHostname(text: string): boolean {
  return text.length <= 253 && areLabels(text.split(/[.\u3002\uff0e\uff61]/u))
}

function areLabels(labels: readonly string[]): boolean {
  const rightToLeft = labels.some(isRightToLeft)
  return labels.every((label) => (isPlainLabel(label) ? !rightToLeft || keepsBidiRule(label) : isIdnLabel(label, rightToLeft)))
}

/** Hyphens in the third and fourth place are kept for encoded labels (RFC 5891 section 4.2.3.1). */
function isPlainLabel(label: string): boolean {
  return label.length <= 63 && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i.test(label) && !/^..--/.test(label)
}

const atext = "[a-z0-9!#$%&'*+/=?^_`{|}~-]"
const asciiLocal = new RegExp(
  `^(?:${atext}+(?:\\.${atext}+)*|"(?:[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]|\\\\[\\x20-\\x7E])*")$`,
  'i',
)
const wideText = "(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]|[^\\p{ASCII}])"
const wideLocal = new RegExp(`^(?:${wideText}+(?:\\.${wideText}+)*|"(?:[^\\x00-\\x1F\\x7F"\\\\]|\\\\[\\x20-\\x7E])*")$`, 'iu')

/** `Mailbox` of RFC 5321 section 4.1.2. */
export function isEmail(text: string): boolean {
  return isMailbox(text, asciiLocal, isHostname)
}

/** RFC 6531: a mailbox with characters beyond ASCII. */
export function isIdnEmail(text: string): boolean {
  return isMailbox(text, wideLocal, isIdnHostname)
}

function isMailbox(text: string, local: RegExp, isDomain: (domain: string) => boolean): boolean {
  const at = text.lastIndexOf('@')
  if (at < 1 || at > 64 || !local.test(text.slice(0, at))) return false
  const domain = text.slice(at + 1)
  const literal = /^\[(IPv6:)?([^\]]+)\]$/i.exec(domain)
  if (literal === null) return isDomain(domain)
  return literal[1] === undefined ? isIPv4(literal[2] as string) : isIPv6(literal[2] as string)
}
