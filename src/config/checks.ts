import { isIP } from 'node:net'
import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, type Located } from '../documents/document.ts'
import type { Environment } from '../documents/interpolate.ts'
import type { JwtScheme } from './authentication.ts'
import type { GatewayConfig } from './schema.ts'
import { show } from './words.ts'

/** What a schema cannot say: networks, URLs, keys that fit their algorithms. `root` is the root of gateway.yaml. */
export function checkConfig(config: GatewayConfig, root: Located, environment: Environment, diagnostics: Diagnostics): void {
  const at = (...keys: (string | number)[]) => deepest(root, keys)
  const bad = (keys: (string | number)[], message: string, hint?: string) =>
    diagnostics.error('wrong-value', at(...keys), message, hint)

  checkUrl(config.database.url, ['postgres:', 'postgresql:'], (message) => bad(['database', 'url'], `database.url ${message}`))
  checkUrl(config.redis.url, ['redis:', 'rediss:'], (message) => bad(['redis', 'url'], `redis.url ${message}`))
  if (Array.isArray(config.server.trustProxy)) {
    for (const [index, network] of config.server.trustProxy.entries()) {
      if (!isNetwork(network))
        bad(
          ['server', 'trustProxy', index],
          `server.trustProxy[${index}] is ${show(network)}; it must be an address or a CIDR block such as 10.0.0.0/8`,
        )
    }
  }
  for (const [index, origin] of config.realtime.origins.entries()) {
    if (!isOrigin(origin))
      bad(
        ['realtime', 'origins', index],
        `realtime.origins[${index}] is ${show(origin)}; it must be an origin such as https://app.example, or "*"`,
      )
  }
  for (const [name, { jwt, apiKey, basic }] of Object.entries(config.authentication)) {
    if (jwt) checkJwt(jwt, name, at('authentication', name, 'jwt'), environment, diagnostics)
    checkDistinct(
      apiKey?.keys.map(({ id }) => id),
      (index, id) => bad(['authentication', name, 'apiKey', 'keys', index, 'id'], `two keys of ${name} have the id "${id}"`),
    )
    checkDistinct(
      basic?.users.map(({ username }) => username),
      (index, user) =>
        bad(['authentication', name, 'basic', 'users', index, 'username'], `two users of ${name} are called "${user}"`),
    )
  }
}

function checkJwt(jwt: JwtScheme, name: string, at: Located, environment: Environment, diagnostics: Diagnostics): void {
  const algorithms = child(at, 'algorithms') ?? at
  const unfit = jwt.algorithms.filter((algorithm) => algorithm.startsWith('HS') !== (jwt.secret !== undefined))
  if (unfit.length > 0) {
    const key =
      jwt.secret === undefined ? 'a public key verifies RS, PS, ES and EdDSA' : 'a secret verifies HS256, HS384 and HS512'
    diagnostics.error(
      'wrong-value',
      algorithms,
      `${name} lists ${unfit.join(', ')}, but ${key}`,
      'One scheme takes one kind of key, so that a token cannot choose.',
    )
  }
  if (jwt.jwks !== undefined && !isKeySetUrl(jwt.jwks)) {
    diagnostics.error(
      'wrong-value',
      child(at, 'jwks') ?? at,
      `the key set of ${name} is at ${show(jwt.jwks)}; it must be an https URL`,
      'Plain http is for this machine only.',
    )
  }
  if (jwt.secret !== undefined) checkSecret(jwt.secret, name, child(at, 'secret') ?? at, environment, diagnostics)
}

function checkSecret(secret: string, name: string, at: Located, environment: Environment, diagnostics: Diagnostics): void {
  const isProduction = environment.NODE_ENV === 'production'
  if (secret === '') {
    if (isProduction)
      diagnostics.error(
        'missing-secret',
        at,
        `the secret of ${name} is empty; with NODE_ENV=production there must be one`,
        'Give 32 random bytes, for example: openssl rand -hex 32',
      )
    return
  }
  const bytes = Buffer.byteLength(secret)
  if (bytes >= 32) return
  // RFC 7518 section 3.2: a key must be at least as long as the output of its hash.
  const message = `the secret of ${name} has ${bytes} bytes; it must have 32 at least`
  diagnostics[isProduction ? 'error' : 'warning'](
    'weak-secret',
    at,
    message,
    'Shorter ones can be guessed from one token: openssl rand -hex 32',
  )
}

function checkUrl(url: string, schemes: readonly string[], bad: (message: string) => void): void {
  if (url === '') return
  // The value may hold a password, so it is not repeated.
  if (!URL.canParse(url)) bad(`is no URL; it must start with ${schemes[0]}//`)
  else if (!schemes.includes(new URL(url).protocol))
    bad(`starts with ${new URL(url).protocol}//; it must start with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`)
}

function checkDistinct(names: readonly string[] | undefined, bad: (index: number, name: string) => void): void {
  for (const [index, name] of (names ?? []).entries()) if (names?.indexOf(name) !== index) bad(index, name)
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text)
}

function isKeySetUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
}

/** The value below these keys, or the nearest one above it that was written. */
function deepest(root: Located, keys: readonly (string | number)[]): Located {
  let node = root
  for (const key of keys) {
    const next = child(node, key)
    if (next === undefined) return node
    node = next
  }
  return node
}
