/** What the server says, and the credentials that it is asked with; they live as long as this tab. */
const base = new URL('../api/', import.meta.url)
const kept = 'gatefold-ops-credentials'

/** The server refused: `challenge` says which credentials it takes. */
export class Refused extends Error {
  constructor(status, challenge, message) {
    super(message)
    this.status = status
    this.challenge = challenge
  }
}

/** Keeps the header that identifies the operator. */
export function keepCredentials(name, value) {
  sessionStorage.setItem(kept, JSON.stringify([name, value]))
}

export function dropCredentials() {
  sessionStorage.removeItem(kept)
}

/** Asks the page's own API. Rejects with `Refused`, or with what the network has to say. */
export async function ask(path, method = 'GET') {
  const stored = sessionStorage.getItem(kept)
  const headers = new Headers()
  if (stored !== null) headers.set(...JSON.parse(stored))
  // Without the browser's own credentials: it must neither ask for a password nor send one that it remembers.
  const response = await fetch(new URL(path, base), { method, headers, credentials: 'omit', cache: 'no-store' })
  const body = await response.json().catch(() => ({}))
  if (response.ok) return body
  throw new Refused(
    response.status,
    response.headers.get('www-authenticate') ?? '',
    body.detail ?? body.title ?? `status ${response.status}`,
  )
}
