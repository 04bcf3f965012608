import { child, isObject, members } from '../documents/document.ts'
import { rootOf } from '../documents/references.ts'
import { nearest } from '../documents/suggest.ts'
import type { Rule } from './review.ts'

/** Variables in the URLs of servers that are not declared (OpenAPI 3.1 section 4.8.5): the base path loses them. */
export const reviewServers: Rule = ({ api, documents, diagnostics }) => {
  for (const { document } of api.openapi) {
    for (const [, server] of members(documents.get(rootOf(document), 'servers'))) {
      const url = isObject(server.value) ? child(server, 'url') : undefined
      if (typeof url?.value !== 'string') continue
      const declared = members(child(server, 'variables')).map(([name]) => name)
      for (const [, name = ''] of url.value.matchAll(/\{([^{}]+)\}/g)) {
        if (declared.includes(name)) continue
        const near = nearest(name, declared)
        const hint = near === undefined ? `Declare it: variables: { ${name}: { default: … } }` : `Did you mean {${near}}?`
        diagnostics.warning('undefined-server-variable', url, `the server's variable {${name}} is not declared`, hint)
      }
    }
  }
}
