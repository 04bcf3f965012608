import type { IncomingMessage } from 'node:http'
import type { Principal } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import type { Authenticate, CredentialSource } from '../services/authenticator.ts'

/** Whether a page of this origin may connect. Clients that are no browsers send none; the server's own pages always may. */
export function allowsOrigin(origins: readonly string[], req: IncomingMessage): boolean {
  const { origin, host } = req.headers
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host
}

/** Who connects: by `auth.token` of the handshake, else by what the HTTP request itself carries. */
export async function identifySocket(
  authenticate: Authenticate,
  req: IncomingMessage,
  auth: unknown,
): Promise<Principal | Problem> {
  const decision = await authenticate(credentialSource(req, auth))
  if (decision instanceof Problem) return decision
  return decision ?? problem('unauthenticated')
}

/** The handshake, made to look like the head of a request. A token counts as a bearer token unless it names its own scheme. */
function credentialSource(req: IncomingMessage, auth: unknown): CredentialSource {
  const token = (auth as { token?: unknown } | null | undefined)?.token
  const query = req.url?.split('?')[1] ?? ''
  if (typeof token !== 'string') return { rawHeaders: req.rawHeaders, search: query }
  const rawHeaders = req.rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && name.toLowerCase() !== 'authorization' ? [name, req.rawHeaders[i + 1] as string] : [],
  )
  return { rawHeaders: [...rawHeaders, 'authorization', token.includes(' ') ? token : `Bearer ${token}`], search: query }
}
