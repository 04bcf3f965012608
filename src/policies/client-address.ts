import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net'
import type { GatewayConfig } from '../config/schema.ts'

export type TrustProxy = GatewayConfig['server']['trustProxy']

/**
 * The address of the client behind the proxies that are trusted. `X-Forwarded-For` grows to the right, and only what trusted
 * proxies appended is known: a number counts so many hops from the right, a list of networks is followed to the left for as long
 * as the addresses are in it. Whatever stands further to the left the client may have made up.
 */
export function clientAddress(trustProxy: TrustProxy): (req: IncomingMessage) => string {
  if (trustProxy === false) return peerAddress
  const pick = typeof trustProxy === 'number' ? pickByHops(trustProxy) : pickByNetworks(trustProxy)
  return (req) => pick(peerAddress(req), forwardedFor(req))
}

/**
 * The addresses from the client to the peer of the connection, as far as they are trusted; the client's own is the first. `clientOf` says
 * which that is.
 */
export function forwardedChain(
  trustProxy: TrustProxy,
  clientOf: (req: IncomingMessage) => string,
): (req: IncomingMessage) => string[] {
  if (trustProxy === false) return (req) => [peerAddress(req)]
  return function chainOf(req) {
    const peer = peerAddress(req)
    const forwarded = forwardedFor(req)
    const hops = typeof trustProxy === 'number' ? Math.min(trustProxy, forwarded.length) : forwarded.indexOf(clientOf(req)) + 1
    return [...forwarded.slice(0, hops).reverse(), peer]
  }
}

function peerAddress(req: IncomingMessage): string {
  return unmapped(req.socket.remoteAddress ?? '')
}

/** The addresses of all `X-Forwarded-For` headers, nearest first, up to the first that is none. */
function forwardedFor(req: IncomingMessage): string[] {
  const header = req.headers['x-forwarded-for']
  if (header === undefined) return []
  const written = (typeof header === 'string' ? header : header.join(',')).split(',').reverse()
  const addresses = written.map((entry) => parseAddress(entry.trim()))
  const broken = addresses.indexOf(undefined)
  return (broken === -1 ? addresses : addresses.slice(0, broken)) as string[]
}

/** An address with or without port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`; the same one is always the same text. */
function parseAddress(entry: string): string | undefined {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry
  const version = isIP(bare)
  if (version === 0) return undefined
  return version === 6 ? unmapped(new SocketAddress({ address: bare, family: 'ipv6' }).address) : bare
}

type Pick = (peer: string, forwarded: readonly string[]) => string

function pickByHops(hops: number): Pick {
  return (peer, forwarded) => forwarded[Math.min(hops, forwarded.length) - 1] ?? peer
}

function pickByNetworks(networks: readonly string[]): Pick {
  const trusted = blockList(networks)
  return function pick(peer, forwarded) {
    let address = peer
    for (const next of forwarded) {
      if (!trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) break
      address = next
    }
    return address
  }
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const parsed = parseNetwork(network)
    if (parsed !== undefined) list.addSubnet(parsed.address, parsed.bits, parsed.family)
  }
  return list
}

/** An address, or a block of them in CIDR notation (RFC 4632, RFC 4291 section 2.3); undefined when it is neither. */
export function parseNetwork(network: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [, address = '', written] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(network) ?? []
  if (isIP(address) === 0) return undefined
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  const most = family === 'ipv6' ? 128 : 32
  const bits = written === undefined ? most : Number(written)
  return bits <= most ? { address, bits, family } : undefined
}

/** IPv4 as IPv4, even where the socket is an IPv6 one (RFC 4291 section 2.5.5.2). */
function unmapped(address: string): string {
  const mapped = address.startsWith('::ffff:') ? address.slice(7) : ''
  return isIPv4(mapped) ? mapped : address
}

/**
 * What stands for an address in limits. An IPv6 customer has at least a /64 (RFC 6177) and could use another address of it for
 * every request, so the first four groups count.
 */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = (address.split('%')[0] as string).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined ? before : [...before, ...Array(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
