import { checkReferences } from './check-references.ts'
import type { Diagnostics } from './diagnostics.ts'
import { child, type Document, isObject, type Located, members } from './document.ts'
import type { Documents } from './documents.ts'
import { named } from './named.ts'
import { checkOperations } from './openapi-operations.ts'
import { rootOf } from './references.ts'
import { nearest } from './suggest.ts'

/**
 * Checks an OpenAPI document before a model is made of it: that it is one, of a version that is served (3.0, 3.1, 3.2), and that
 * what serving depends on has its shape. False when it is refused as a whole. What a document does wrong without any effect on
 * serving is a warning: documents in use are full of that.
 */
export function checkOpenApi(document: Document, documents: Documents, diagnostics: Diagnostics): boolean {
  const root = rootOf(document)
  if (!isObject(root.value)) {
    diagnostics.error('not-openapi', root, `${document.name} must hold an OpenAPI document, which is an object`)
    return false
  }
  if (!checkVersion(root, diagnostics) || !checkShape(root, diagnostics)) return false
  checkReferences(root, documents, diagnostics)
  checkOperations(root, documents, diagnostics)
  return true
}

function checkVersion(root: Located, diagnostics: Diagnostics): boolean {
  const { document } = root
  const version = child(root, 'openapi')
  if (version === undefined) {
    reportNoVersion(root, diagnostics)
    return false
  }
  const text = String(version.value)
  if (typeof version.value === 'number') {
    // YAML reads 3.1 as a number, and 3.0 as 3.
    diagnostics.warning(
      'openapi-version',
      version,
      `the version of ${document.name} is a number; OpenAPI wants text`,
      `Write openapi: "${text.includes('.') ? text : `${text}.0`}.0".`,
    )
    return checkNumber(text.includes('.') ? text : `${text}.0`, version, diagnostics)
  }
  if (typeof version.value === 'string') return checkNumber(text, version, diagnostics)
  diagnostics.error('openapi-version', version, 'the version of the document must be text such as "3.1.0"')
  return false
}

function checkNumber(text: string, at: Located, diagnostics: Diagnostics): boolean {
  if (/^3\.[012](\.\d+(-.+)?)?$/.test(text)) return true
  diagnostics.error('openapi-version', at, `OpenAPI ${JSON.stringify(text)} is not supported; supported are 3.0, 3.1 and 3.2`)
  return false
}

function reportNoVersion(root: Located, diagnostics: Diagnostics): void {
  const swagger = child(root, 'swagger')
  if (swagger !== undefined) {
    const hint = 'Convert it, for example with: npx swagger2openapi swagger.yaml -o openapi.yaml'
    diagnostics.error(
      'swagger-2',
      swagger,
      `${root.document.name} is a Swagger ${String(swagger.value)} document; OpenAPI 3.0, 3.1 or 3.2 is needed`,
      hint,
    )
    return
  }
  const asyncapi = child(root, 'asyncapi')
  if (asyncapi !== undefined) {
    diagnostics.error('not-openapi', asyncapi, `${root.document.name} is an AsyncAPI document; an OpenAPI document is needed`)
    return
  }
  const near = nearest('openapi', Object.keys(root.value as object))
  const hint = near === undefined ? 'It begins with: openapi: 3.1.0' : `Did you mean "openapi" where it says "${near}"?`
  diagnostics.error('not-openapi', root, `${root.document.name} has no key "openapi", so it is no OpenAPI document`, hint)
}

/** The top-level keys whose members are looked at, and the kind that each must have. */
const kinds: Record<string, 'object' | 'list'> = {
  info: 'object',
  paths: 'object',
  webhooks: 'object',
  components: 'object',
  servers: 'list',
  security: 'list',
  tags: 'list',
}

function checkShape(root: Located, diagnostics: Diagnostics): boolean {
  let isRight = true
  for (const [key, kind] of Object.entries(kinds)) {
    const node = child(root, key)
    if (node === undefined || (kind === 'list' ? Array.isArray(node.value) : isObject(node.value))) continue
    const must = `must be ${kind === 'list' ? 'a list' : 'an object'}`
    // A key that is left blank says as much as one that is not there; where access is decided, nobody is to guess.
    if (node.value === null && key !== 'security') {
      diagnostics.warning('wrong-type', place(node), `"${key}" is blank; it ${must}`)
      continue
    }
    isRight = false
    diagnostics.error('wrong-type', node.value === null ? place(node) : node, `"${key}" ${must}`)
  }
  checkInfo(root, diagnostics)
  checkServers(root, diagnostics)
  const has = ['paths', 'webhooks', 'components'].some((key) => isObject(child(root, key)?.value))
  if (!has) diagnostics.warning('no-paths', root, `${root.document.name} has no "paths", so nothing is served`)
  return isRight
}

function checkInfo(root: Located, diagnostics: Diagnostics): void {
  const info = child(root, 'info')
  if (info === undefined) {
    diagnostics.warning('missing-key', root, 'the document has no "info" with its title and version')
    return
  }
  for (const key of ['title', 'version']) {
    if (isObject(info.value) && !Object.hasOwn(info.value, key))
      diagnostics.warning('missing-key', place(info), `"info" has no "${key}"`)
  }
}

/** The first server's URL has the base path, so that a server that cannot be read moves the whole API. */
function checkServers(root: Located, diagnostics: Diagnostics): void {
  const servers = child(root, 'servers')
  for (const [, server] of Array.isArray(servers?.value) ? members(servers) : []) {
    if (isObject(server.value)) continue
    const hint = `{ url: ${typeof server.value === 'string' && server.value !== '' ? server.value : '/v1'} }`
    diagnostics.error('wrong-type', server, `a server must be an object, not ${named(server.value)}`, hint)
  }
}

/** The key of a member: a value that is missing has no place of its own. */
function place(node: Located) {
  return node.document.locate(node.pointer, 'key')
}
