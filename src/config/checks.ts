import { isIP } from 'node:net'
import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, type Located } from '../documents/document.ts'
import type { GatewayConfig } from './schema.ts'
import { show } from './words.ts'

/**
 * What a schema cannot say about networks, origins and URLs; what a key and its algorithms need is checked where they are used.
 * `root` is the root of gateway.yaml.
 */
export function checkConfig(config: GatewayConfig, root: Located, diagnostics: Diagnostics): void {
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
}

function checkUrl(url: string, schemes: readonly string[], bad: (message: string) => void): void {
  if (url === '') return
  // The value may hold a password, so it is not repeated.
  if (!URL.canParse(url)) bad(`is no URL; it must start with ${schemes[0]}//`)
  else if (!schemes.includes(new URL(url).protocol))
    bad(`starts with ${new URL(url).protocol}//; it must start with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`)
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
