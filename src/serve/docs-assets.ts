import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { runInNewContext } from 'node:vm'

/** The files that the documentation pages load; each script and style sheet comes with its licence text. */
export const docsAssetNames = [
  'scalar.js',
  'scalar.license.txt',
  'swagger-ui.js',
  'swagger-ui.css',
  'swagger-ui.license.txt',
] as const
export type DocsAssetName = (typeof docsAssetNames)[number]

/** The published package brings the files in this directory; the repository reads them out of its development dependencies. */
const published = new URL('./docs-assets/', import.meta.url)

/** The content of one of the pages' files. */
export async function readDocsAsset(name: DocsAssetName): Promise<Buffer> {
  return existsSync(published) ? readFile(new URL(name, published)) : sources[name]()
}

const sources: Record<DocsAssetName, () => Promise<Buffer>> = {
  'scalar.js': scalarBundle,
  'scalar.license.txt': () => packaged('@scalar/fastify-api-reference', '../LICENSE'),
  'swagger-ui.js': () => packaged('swagger-ui-dist', './swagger-ui-bundle.js'),
  'swagger-ui.css': () => packaged('swagger-ui-dist', './swagger-ui.css'),
  'swagger-ui.license.txt': async () =>
    Buffer.concat(
      await Promise.all(
        ['./LICENSE', './NOTICE', './swagger-ui-bundle.js.LICENSE.txt'].map((file) => packaged('swagger-ui-dist', file)),
      ),
    ),
}

function packaged(name: string, file: string): Promise<Buffer> {
  return readFile(new URL(file, entryOf(name)))
}

function entryOf(name: string): string {
  return import.meta.resolve(name)
}

/**
 * Scalar's browser bundle. Its own package would install 287 MB; the Fastify plugin carries the same file as the text
 * of a constant, on a line of its own.
 */
async function scalarBundle(): Promise<Buffer> {
  const plugin = await readFile(new URL(entryOf('@scalar/fastify-api-reference')), 'utf8')
  const literal = /^var standalone_default = (".*");$/m.exec(plugin)?.[1]
  if (literal === undefined)
    throw new Error('@scalar/fastify-api-reference no longer carries the browser bundle as `standalone_default`')
  // It is a JavaScript literal (with raw tabs in it), not JSON.
  const script = (runInNewContext(literal) as string).replace(/\n\/\/# sourceMappingURL=.*$/, '')
  return Buffer.from(script)
}
