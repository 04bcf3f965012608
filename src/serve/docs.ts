import { randomBytes } from 'node:crypto'
import type { Context } from 'koa'
import { stringify } from 'yaml'
import type { Descriptions } from '../compile/descriptions.ts'
import { isObject } from '../documents/document.ts'
import { type DocsAssetName, docsAssetNames, readDocsAsset } from './docs-assets.ts'
import { contentSecurityPolicy, eventsSlug, type PageParts, scalarPage, swaggerPage } from './docs-pages.ts'
import { immutable, revalidate, type StaticContent, sendContent, staticContent } from './static-content.ts'

export interface DocsOptions {
  /** The documents that are shown. */
  descriptions: Descriptions
  /** Whether there are live events to describe. */
  live: boolean
  /** Where the page lies below the base path, and which of the two it is. */
  config: { path: string; ui: 'scalar' | 'swagger' }
  /** Path of the API, `''` or for example `/api/v1`. */
  basePath: string
}

export interface DocsRoute {
  method: 'GET'
  /** Full path; `:file` stands for one segment. */
  path: string
  handle(ctx: Context): Promise<void>
}

interface PageKind {
  script: DocsAssetName
  style?: DocsAssetName
  licence: DocsAssetName
  render(parts: PageParts): string
}

const pages: Record<DocsOptions['config']['ui'], PageKind> = {
  scalar: { script: 'scalar.js', licence: 'scalar.license.txt', render: scalarPage },
  swagger: { script: 'swagger-ui.js', style: 'swagger-ui.css', licence: 'swagger-ui.license.txt', render: swaggerPage },
}

/**
 * The documentation: the OpenAPI document as JSON and YAML, with live events the AsyncAPI document too, the chosen page at `config.path`, and each page under its own
 * name (`/scalar`, `/swagger`). Works without any other server.
 */
export function docsRoutes(options: DocsOptions): DocsRoute[] {
  const { basePath, config, descriptions, live } = options
  const get = (path: string, handle: DocsRoute['handle']): DocsRoute => ({ method: 'GET', path: basePath + path, handle })
  const events = { documentUrl: `${basePath}/asyncapi.json`, pageUrl: `${basePath}/scalar?api=${eventsSlug}` }
  const addresses = { documentUrl: `${basePath}/openapi.json`, events: live ? events : undefined }
  const assets = openAssets(`${basePath}${config.path}/assets/`)
  const showPage = (ui: DocsOptions['config']['ui']) => pageHandler(pages[ui], assets, addresses, descriptions)
  const serveDocument = (name: string, document: () => unknown) => {
    const documents = servedDocuments(document)
    return [
      get(`/${name}.json`, (ctx) => sendContent(ctx, documents.json(), revalidate)),
      get(`/${name}.yaml`, (ctx) => sendContent(ctx, documents.yaml(), revalidate)),
    ]
  }

  const named = new Map([...Object.keys(pages).map((ui) => [`/${ui}`, ui] as const), [config.path, config.ui]])
  return [
    ...serveDocument('openapi', descriptions.openapi),
    ...(live ? serveDocument('asyncapi', descriptions.asyncapi) : []),
    ...[...named].map(([path, ui]) => get(path, showPage(ui as DocsOptions['config']['ui']))),
    get(`${config.path}/assets/:file`, (ctx) => assets.send(ctx)),
  ]
}

/** Both forms of the document, written once. */
function servedDocuments(document: () => unknown): { json(): StaticContent; yaml(): StaticContent } {
  let json: StaticContent | undefined
  let yaml: StaticContent | undefined
  return {
    json: () => (json ??= staticContent('application/json', Buffer.from(JSON.stringify(document())))),
    yaml: () =>
      (yaml ??= staticContent('application/yaml', Buffer.from(stringify(document(), { aliasDuplicateObjects: false })))),
  }
}

interface Assets {
  /** The address of a file; it changes with the file's content, so that caches may keep it for ever. */
  url(name: DocsAssetName): Promise<string>
  send(ctx: Context): Promise<void>
}

const types: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
}

function openAssets(directory: string): Assets {
  const opened = new Map<DocsAssetName, Promise<StaticContent>>()

  function open(name: DocsAssetName): Promise<StaticContent> {
    const known = opened.get(name)
    if (known !== undefined) return known
    const type = types[name.slice(name.lastIndexOf('.') + 1)] as string
    const content = readDocsAsset(name).then((bytes) => staticContent(type, bytes))
    opened.set(name, content)
    return content
  }

  const address = (name: DocsAssetName, content: StaticContent) => `${content.hash}.${name}`
  return {
    async url(name) {
      return directory + address(name, await open(name))
    },
    async send(ctx) {
      const file = ctx.path.slice(directory.length)
      const name = docsAssetNames.find((candidate) => file.endsWith(`.${candidate}`))
      if (name === undefined) return
      const content = await open(name)
      if (file === address(name, content)) await sendContent(ctx, content, immutable)
    },
  }
}

function pageHandler(
  kind: PageKind,
  assets: Assets,
  addresses: Pick<PageParts, 'documentUrl' | 'events'>,
  descriptions: Descriptions,
): DocsRoute['handle'] {
  return async function showPage(ctx) {
    const nonce = randomBytes(16).toString('base64url')
    const [scriptUrl, licenceUrl] = await Promise.all([assets.url(kind.script), assets.url(kind.licence)])
    const styleUrl = kind.style && (await assets.url(kind.style))
    // The nonce must not be seen twice, so the page itself is never kept; it is small.
    ctx.set('cache-control', 'no-store')
    ctx.set('content-security-policy', contentSecurityPolicy(nonce))
    ctx.set('referrer-policy', 'no-referrer')
    ctx.set('x-content-type-options', 'nosniff')
    ctx.type = 'text/html; charset=utf-8'
    const title = titleOf(descriptions.openapi())
    ctx.body = kind.render({ ...addresses, title, scriptUrl, styleUrl, licenceUrl, nonce })
  }
}

function titleOf(document: unknown): string {
  const info = isObject(document) ? document.info : undefined
  const title = isObject(info) ? info.title : undefined
  return typeof title === 'string' ? title : 'API reference'
}
