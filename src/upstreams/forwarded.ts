import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { clientAddress, forwardedChain, type TrustProxy } from '../policies/client-address.ts'

/** Appends what tells an upstream who asked, as a flat list of header names and values. */
export type AppendForwarded = (req: IncomingMessage, headers: string[]) => void

/**
 * `X-Forwarded-For`, `-Proto`, `-Host` and `Forwarded` (RFC 7239): the client, and the proxies that are trusted between it and the gateway.
 * What other proxies or the client itself wrote there is not passed on. The scheme and host are those of the client's request, as far as
 * a trusted proxy tells them.
 */
export function compileForwarded(trustProxy: TrustProxy): AppendForwarded {
  const chainOf = forwardedChain(trustProxy, clientAddress(trustProxy))

  return function appendForwarded(req, headers) {
    const chain = chainOf(req)
    // Without an address of its own in the chain, nothing says that the peer is one of the proxies.
    const proxied = chain.length > 1
    const scheme = 'encrypted' in req.socket ? 'https' : 'http'
    const proto = (proxied ? schemeIn(req.headers['x-forwarded-proto']) : undefined) ?? scheme
    const host = hostIn((proxied ? req.headers['x-forwarded-host'] : undefined) ?? req.headers.host)
    headers.push('x-forwarded-for', chain.join(', '), 'x-forwarded-proto', proto)
    if (host !== undefined) headers.push('x-forwarded-host', host)
    const [client, ...proxies] = chain.map((address) => `for=${isIPv6(address) ? `"[${address}]"` : address}`)
    const first = `${client};proto=${proto}${host === undefined ? '' : `;host="${host}"`}`
    headers.push('forwarded', [first, ...proxies].join(', '))
  }
}

/** The nearest proxy writes last. */
function schemeIn(header: string | string[] | undefined): 'http' | 'https' | undefined {
  const last = String(header).split(',').at(-1)?.trim().toLowerCase()
  return last === 'http' || last === 'https' ? last : undefined
}

function hostIn(header: string | string[] | undefined): string | undefined {
  const last = String(header ?? '')
    .split(',')
    .at(-1)
    ?.trim()
  return last !== undefined && /^[\w.-]+(:\d+)?$|^\[[\da-fA-F:.]+\](:\d+)?$/.test(last) ? last : undefined
}
