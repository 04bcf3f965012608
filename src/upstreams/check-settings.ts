import { validateHeaderName, validateHeaderValue } from 'node:http'
import { isIP } from 'node:net'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Operation } from '../model/operation.ts'
import { hopByHop } from './hop-by-hop.ts'
import { climbs, compilePath } from './path.ts'
import type { UpstreamSettings } from './schema.ts'

/** Where a part of the setting was written, for diagnostics. */
function placeOf(operation: Operation, pointer: string) {
  const setting = operation.settings.get('upstream')
  return setting?.origins.get(pointer)?.at ?? setting?.node ?? operation.node
}

/** The URL of an upstream; undefined when it is none that requests can be sent to, which was reported. It may hold a password, so it is not repeated. */
export function readUrl({ url }: UpstreamSettings, operation: Operation, diagnostics: Diagnostics): URL | undefined {
  const at = placeOf(operation, '/url')
  const wrong = (message: string, hint: string) => diagnostics.error('wrong-value', at, `upstream.url ${message}`, hint)
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol) || parsed.hostname === '') {
    wrong(
      'is no absolute http(s) URL',
      'Write scheme, host and, if there is one, the path before all paths: https://weather.example/v2',
    )
    return undefined
  }
  if (parsed.username !== '' || parsed.password !== '')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of gateway.yaml
    wrong('holds credentials', "Send them in a field: headers: { Authorization: 'Basic ${WEATHER_CREDENTIALS}' }")
  if (parsed.search !== '' || url.includes('#'))
    wrong('has a query or fragment', "Only origin and path are kept; the query is that of each request ('forward.query').")
  if (parsed.protocol === 'http:' && isPublic(parsed.hostname))
    diagnostics.warning(
      'unencrypted-upstream',
      at,
      `requests to ${parsed.hostname} go over http, where whoever is between can read and change them`,
      'Use https, or a name or address of your own network.',
    )
  return parsed
}

/** Whether a host is beyond the networks that somebody runs for himself: names without a dot, reserved ones, private addresses. */
function isPublic(hostname: string): boolean {
  if (hostname.startsWith('[')) return !/^\[(::1\]|f[cd]|fe80)/i.test(hostname)
  if (isIP(hostname) === 4) return !/^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(hostname)
  return (
    hostname.includes('.') &&
    !/\.(local|localhost|internal|lan|home\.arpa|svc|test|example)$/i.test(hostname) &&
    !hostname.includes('.svc.')
  )
}

/** Reports what cannot be passed on as it is declared. */
export function checkSettings(config: UpstreamSettings, path: string, operation: Operation, diagnostics: Diagnostics): void {
  const { unknown } = compilePath('', path, operation.path)
  for (const name of unknown)
    diagnostics.error(
      'wrong-value',
      placeOf(operation, '/path'),
      `upstream.path has the variable {${name}}, which the path of the operation, ${operation.path}, does not have`,
      'Use its variables, each by its name.',
    )
  if (climbs(path))
    diagnostics.error(
      'wrong-value',
      placeOf(operation, '/path'),
      `upstream.path ${JSON.stringify(path)} leads to another path than it says`,
      "Leave out '.', '..' and control characters.",
    )
  checkHeaders(config, operation, diagnostics)
  checkBody(operation, diagnostics)
}

/** Fields that say how a message is sent, which is for the connection to decide. */
const framing = new Set([...hopByHop, 'content-length', 'expect'])

function checkHeaders({ headers, forward }: UpstreamSettings, operation: Operation, diagnostics: Diagnostics): void {
  for (const [name, value] of Object.entries(headers)) {
    const at = placeOf(operation, `/headers/${name}`)
    if (framing.has(name.toLowerCase())) reportFraming(name, at, diagnostics)
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch {
      const message = `upstream.headers.${name} has a value that no header field can have`
      diagnostics.error(
        'wrong-value',
        at,
        message,
        'Line breaks and other control characters are not allowed; look at the variable.',
      )
    }
  }
  for (const name of forward.headers)
    if (framing.has(name.toLowerCase())) reportFraming(name, placeOf(operation, '/forward/headers'), diagnostics)
}

function reportFraming(name: string, at: ReturnType<typeof placeOf>, diagnostics: Diagnostics): void {
  diagnostics.error('wrong-value', at, `the field ${name} belongs to one connection and is not passed on`, 'Remove it.')
}

/** A form with files is taken apart to be checked; it could only be passed on as another one than was sent. */
function checkBody({ body, settings, node }: Operation, diagnostics: Diagnostics): void {
  if (!settings.has('validate') || body === undefined) return
  const multipart = body.content.find(({ range }) => range.toLowerCase().startsWith('multipart/'))
  if (multipart === undefined) return
  diagnostics.error(
    'unchecked-upload',
    settings.get('upstream')?.node ?? node,
    `bodies of ${multipart.range} cannot be both checked and passed on as they were sent`,
    "Set 'validate: false' for the operation: its bodies then go on as they come, whatever their size, and the upstream has to check them.",
  )
}
