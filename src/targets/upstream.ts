import type { ProblemCode } from '../errors.ts'
import { problem } from '../errors.ts'
import { checkSettings, readUrl } from '../upstreams/check-settings.ts'
import { compileProxy } from '../upstreams/proxy.ts'
import { UpstreamSettings } from '../upstreams/schema.ts'
import { defineTarget } from './target.ts'

/**
 * `upstream: { url }`: an admitted request is passed on to another server, and its answer to the caller. What has not been declared stays
 * behind: credentials, query parameters, cookies.
 */
export const upstream = defineTarget({
  name: 'upstream',
  schema: UpstreamSettings,
  uses: ['upstreams'],
  refuses: ({ breaker }, { settings }) => [
    'bad_gateway',
    'gateway_timeout',
    ...(breaker ? (['unavailable'] as const) : []),
    ...(settings.has('validate') ? [] : (['payload_too_large', 'malformed_request'] satisfies ProblemCode[])),
  ],
  compile(config, operation, tools) {
    const url = readUrl(config, operation, tools.diagnostics)
    const template = config.path ?? operation.path.slice(tools.basePath.length)
    checkSettings(config, template, operation, tools.diagnostics)
    if (url === undefined) return () => problem('bad_gateway')
    return compileProxy(config, url, template, operation, tools)
  },
})
