import Type, { type Static } from 'typebox'
import type { Outcome, RequestContext } from '../context.ts'
import { definePolicy, type Middleware } from './policy.ts'

const header = (name: string, description: string, preset: string | false, example = preset) =>
  Type.Union([Type.String({ minLength: 1, pattern: '^[\\x20-\\x7e]+$' }), Type.Literal(false)], {
    title: name,
    description: `${description} false leaves it out.`,
    default: preset,
    examples: [example],
  })

const SecurityHeaders = Type.Object(
  {
    contentTypeOptions: header('X-Content-Type-Options', 'Browsers take the media type as it is sent.', 'nosniff'),
    referrerPolicy: header('Referrer-Policy', 'What browsers tell others about where they come from.', 'no-referrer'),
    frameOptions: header('X-Frame-Options', 'Whether pages may show an answer in a frame (older browsers).', 'DENY'),
    contentSecurityPolicy: header(
      'Content-Security-Policy',
      'What an answer may load or run when a browser shows it; JSON needs nothing.',
      "default-src 'none'; frame-ancestors 'none'",
    ),
    crossOriginResourcePolicy: header(
      'Cross-Origin-Resource-Policy',
      'Which sites may embed an answer without CORS.',
      'same-origin',
    ),
    strictTransportSecurity: header(
      'Strict-Transport-Security',
      'Browsers use https only from now on; for APIs behind TLS, for example max-age=31536000.',
      false,
      'max-age=31536000',
    ),
  },
  {
    additionalProperties: false,
    title: 'Security headers',
    description: 'Headers that tell browsers to be careful; each may be replaced or left out.',
  },
)

type SecurityHeadersConfig = Static<typeof SecurityHeaders>

/** The headers by the names of their settings. */
export const securityHeaderNames: Readonly<Record<keyof SecurityHeadersConfig, string>> = {
  contentTypeOptions: 'x-content-type-options',
  referrerPolicy: 'referrer-policy',
  frameOptions: 'x-frame-options',
  contentSecurityPolicy: 'content-security-policy',
  crossOriginResourcePolicy: 'cross-origin-resource-policy',
  strictTransportSecurity: 'strict-transport-security',
}

/** What operations with the same settings share. */
const compiled = new WeakMap<SecurityHeadersConfig, Middleware | undefined>()

/**
 * Security headers on every answer, refusals too. A reply or a Koa middleware that sets one of them itself keeps its own: a page needs a CSP
 * of its own.
 */
export const securityHeaders = definePolicy({
  name: 'securityHeaders',
  schema: SecurityHeaders,
  default: {},
  compile(config) {
    if (!compiled.has(config)) compiled.set(config, addHeaders(config))
    return compiled.get(config)
  },
})

function addHeaders(config: SecurityHeadersConfig): Middleware | undefined {
  const headers = Object.entries(securityHeaderNames).flatMap(([key, name]) => {
    const value = config[key as keyof typeof config]
    return value === false ? [] : [[name, value] as const]
  })
  if (headers.length === 0) return undefined
  const flat = headers.flat()
  return {
    after: function addSecurityHeaders(context: RequestContext, outcome: Outcome) {
      const own = outcome.headers
      const { koa, responseHeaders } = context
      if (own === undefined && koa === undefined) responseHeaders.push(...flat)
      else
        for (const [name, value] of headers)
          if (own?.[name] === undefined && koa?.res.hasHeader(name) !== true) responseHeaders.push(name, value)
      return undefined
    },
  }
}
