import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'

/** Cost of new hashes: OWASP's least for argon2id (19 MiB, two passes, one lane). */
const cost = { memory: 19_456, passes: 2, parallelism: 1 }
const saltLength = 16
const tagLength = 32
/** Longer ones are refused: hashing time must not be for the caller to choose. */
const longestPassword = 1024
/** argon2 runs on libuv's four threads; half of them stay free for files and names. */
const atOnce = 2
const mostWaiting = 100

/** Says that too many passwords are being checked; `unavailable` makes it a 503 when it reaches a pipeline. */
export class PasswordsBusyError extends Error {
  readonly unavailable = true

  constructor() {
    super('too many passwords are being checked at once')
    this.name = 'PasswordsBusyError'
  }
}

/**
 * The argon2id hash of a password as a PHC string, made off the main thread. The password is taken in Unicode form NFC
 * (RFC 8265 section 4.2.1), so that it does not matter how a keyboard composed it.
 * Rejects with a RangeError for more than 1024 characters, with a PasswordsBusyError when too many wait.
 */
export async function hashPassword(password: string): Promise<string> {
  if (password.length > longestPassword) throw new RangeError(`a password may have ${longestPassword} characters`)
  const salt = randomBytes(saltLength)
  const tag = await derive(password, { ...cost, salt, tagLength })
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${unpadded(salt)}$${unpadded(tag)}`
}

/**
 * Whether a password belongs to an argon2id PHC string; false for a string that is none. Without a string (nobody of that
 * name) it is false too, after the same time, so that guessing names is no faster than guessing passwords.
 * Rejects with a PasswordsBusyError when too many wait.
 */
export async function verifyPassword(password: string, phc: string | undefined): Promise<boolean> {
  const expected = parsePhc(phc ?? nobody)
  if (expected === undefined || password.length > longestPassword) return false
  const tag = await derive(password, { ...expected, tagLength: expected.tag.length })
  return timingSafeEqual(tag, expected.tag) && phc !== undefined
}

/** A hash that no password is known for, at the cost of new hashes. */
const nobody = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${unpadded(randomBytes(saltLength))}$${unpadded(randomBytes(tagLength))}`

interface Phc {
  memory: number
  passes: number
  parallelism: number
  salt: Buffer
  tag: Buffer
}

/** Reads a PHC string; undefined when it is no argon2id, or costs more than any sensible one (1 GiB, 64 passes, 16 lanes). */
export function parsePhc(phc: string): Phc | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/.exec(
    phc,
  )
  if (match === null) return undefined
  const [memory, passes, parallelism] = [Number(match[1]), Number(match[2]), Number(match[3])] as const
  if (passes < 1 || passes > 64 || parallelism < 1 || parallelism > 16) return undefined
  // RFC 9106 section 3.1: at least 8 KiB per lane.
  if (memory < 8 * parallelism || memory > 1024 * 1024) return undefined
  const salt = Buffer.from(match[4] as string, 'base64')
  const tag = Buffer.from(match[5] as string, 'base64')
  return { memory, passes, parallelism, salt, tag }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

let running = 0
const waiting: (() => void)[] = []

/** One derivation, when it is its turn: a slot goes straight from the one that ends to the one that has waited longest. */
async function derive(password: string, parameters: Omit<Phc, 'tag'> & { tagLength: number }): Promise<Buffer> {
  if (running < atOnce) running++
  else if (waiting.length >= mostWaiting) throw new PasswordsBusyError()
  else await new Promise<void>((resolve) => waiting.push(resolve))
  try {
    return await argon2id(password, parameters)
  } finally {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}

function argon2id(password: string, parameters: Omit<Phc, 'tag'> & { tagLength: number }): Promise<Buffer> {
  const { salt, ...rest } = parameters
  const message = Buffer.from(password.normalize('NFC'), 'utf8')
  return new Promise((resolve, reject) => {
    argon2('argon2id', { ...rest, nonce: salt, message }, (error, tag) => (error === null ? resolve(tag) : reject(error)))
  })
}
