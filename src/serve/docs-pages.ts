/** What a page is made of; addresses are absolute paths on this server. */
export interface PageParts {
  title: string
  documentUrl: string
  /** Where live events are described, and the page that shows them; undefined when there are none. */
  events: { documentUrl: string; pageUrl: string } | undefined
  scriptUrl: string
  styleUrl: string | undefined
  licenceUrl: string
  /** Allows this answer's own inline script and style, and nothing else inline. */
  nonce: string
}

/**
 * Everything comes from this server; the only requests that leave the page are the ones that a reader tries out, to the same
 * server. `style-src-attr`: both pages write style attributes, which carry no code.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/**
 * Gives the answer's nonce to the style elements that scripts make: the bundle's editor and toasts make theirs without one.
 * Style elements in markup stay refused.
 */
const passNonceToStyles = `{
      const nonce = document.currentScript.nonce
      const createElement = Document.prototype.createElement
      Document.prototype.createElement = function (...named) {
        const element = createElement.apply(this, named)
        if (element instanceof HTMLStyleElement) element.nonce = nonce
        return element
      }
    }`

/** Names the live events in the address of Scalar's page: `?api=events`. */
export const eventsSlug = 'events'

/** Scalar's API reference, without anything that talks to Scalar's own servers. */
export function scalarPage(parts: PageParts): string {
  const api = { title: 'HTTP API', slug: 'api', url: parts.documentUrl, default: true }
  const events = parts.events === undefined ? [] : [{ title: 'Live events', slug: eventsSlug, url: parts.events.documentUrl }]
  const configuration = {
    sources: [api, ...events],
    telemetry: false,
    withDefaultFonts: false,
    showDeveloperTools: 'never',
    hideClientButton: true,
    agent: { disabled: true },
    mcp: { disabled: true },
    // The default sends what is tried out through a proxy of Scalar's.
    proxyUrl: '',
    defaultOpenAllTags: true,
    documentDownloadType: 'direct',
  }
  return page(parts, '', passNonceToStyles, `Scalar.createApiReference('#app', ${inlineJson(configuration)})`)
}

/** Swagger UI, without the validator badge of swagger.io. */
export function swaggerPage(parts: PageParts): string {
  const configuration = {
    dom_id: '#app',
    url: parts.documentUrl,
    validatorUrl: null,
    deepLinking: true,
    displayOperationId: true,
    displayRequestDuration: true,
    tryItOutEnabled: true,
  }
  return page(parts, eventsNote(parts), '', `SwaggerUIBundle(${inlineJson(configuration)})`)
}

/** Swagger UI shows no AsyncAPI documents. */
function eventsNote({ events }: PageParts): string {
  if (events === undefined) return ''
  const [page, document] = [escapeHtml(events.pageUrl), escapeHtml(events.documentUrl)]
  return `<p class="events"><a href="${page}">Live events</a> are described by an <a href="${document}">AsyncAPI document</a>.</p>\n    `
}

function page(parts: PageParts, note: string, prepare: string, start: string): string {
  const nonce = escapeHtml(parts.nonce)
  const style = parts.styleUrl === undefined ? '' : `\n    <link rel="stylesheet" href="${escapeHtml(parts.styleUrl)}">`
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${escapeHtml(parts.title)}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta property="csp-nonce" content="${nonce}">
    <link rel="icon" href="data:,">
    <link rel="license" href="${escapeHtml(parts.licenceUrl)}">${style}
    <style nonce="${nonce}">body { margin: 0 } .events { margin: 1rem 20px 0; font: 14px sans-serif; color: #3b4151 }</style>
  </head>
  <body>
    ${note}<div id="app"></div>
    <script nonce="${nonce}">${prepare}</script>
    <script nonce="${nonce}" src="${escapeHtml(parts.scriptUrl)}"></script>
    <script nonce="${nonce}">${start}</script>
  </body>
</html>
`
}

/** JSON that cannot end the script element it stands in. */
function inlineJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
