/** Makes `dist/`, the published package: Node refuses to strip types inside `node_modules`, so that is compiled. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import manifest from '../package.json' with { type: 'json' }
import { opsAssetNames, readOpsAsset } from './ops/assets.ts'
import { docsAssetNames, readDocsAsset } from './serve/docs-assets.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/**
 * All compiled files lie in one directory, so that what a module names relative to itself (the database's worker, the
 * pages' files) is found from whichever chunk the module ends up in.
 */
const entryPoints = {
  index: 'src/index.ts',
  main: 'src/cli/main.ts',
  test: 'src/testing/test-gateway.ts',
  'embedded-worker': 'src/services/database/embedded-worker.ts',
}

/** Users install it for its types and for their handlers; bundled it takes 16 MiB less of a running gateway than as hundreds of modules. */
const bundled = 'typebox'

/**
 * To import `node:http` into an ES module is to read all of its exports, which loads Node's WebSocket client: 8 MiB. `require` reads nothing, and
 * of @koa/router it takes the CommonJS module, which does the same.
 */
const requireHttp: Plugin = {
  name: 'require-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:node:http|@koa\/router)$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'required' } : undefined,
    )
    onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({ contents: `module.exports = require('${path}')` }))
  },
}

async function compile(): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Node has them; esbuild would make a new expression wherever one is used, at each use.
    supported: { 'regexp-unicode-property-escapes': true },
    // What users install anyway; the other packages are too large or too old to make them install, and come along instead.
    external: Object.keys(manifest.dependencies).filter((name) => name !== bundled),
    plugins: [requireHttp],
    // Bundled CommonJS calls `require` for Node's own modules. Our modules may import `createRequire` themselves.
    banner: { js: "import { createRequire as requireOf } from 'node:module';const require = requireOf(import.meta.url);" },
    metafile: true,
    logLevel: 'warning',
  })
  return metafile
}

/** What runs in browsers: one file without anything of Node's. */
async function compileClient(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { 'client/client': 'src/client/client.ts' },
    outdir: dist,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  })
}

/** The licence of every package that has code in the bundle; to leave one out would break it. */
function thirdPartyLicenses({ inputs }: Metafile): string {
  const directories = Object.keys(inputs).flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [])
  const licenses = [...new Set(directories)].sort().map((directory) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'))
    const files = readdirSync(join(root, directory)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    if (files.length === 0) throw new Error(`${directory} has no licence file`)
    const texts = files.map((file) => readFileSync(join(root, directory, file), 'utf8').trim())
    return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
  })
  return `The files in this directory contain code of these packages.\n\n${licenses.join(`\n${'-'.repeat(80)}\n\n`)}`
}

async function writePageAssets(): Promise<void> {
  for (const directory of ['docs-assets', 'ops-assets']) mkdirSync(join(dist, directory))
  for (const name of docsAssetNames) writeFileSync(join(dist, 'docs-assets', name), await readDocsAsset(name))
  for (const name of opsAssetNames) writeFileSync(join(dist, 'ops-assets', name), await readOpsAsset(name))
}

/** What users import, as declarations: in Node, and in browsers. */
const declared = ['index.d.ts', 'testing/test-gateway.d.ts'].map((name) => join(dist, name))
const declaredForBrowsers = join(dist, 'client/client.d.ts')

/** Declarations of what users import and of everything that these refer to. */
function declareTypes(): void {
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, '.ci/declarations.json')], { stdio: 'inherit' })
  // TypeScript 6 and later see Node's own types only when they are asked to.
  for (const file of declared) writeFileSync(file, `/// <reference types="node" />\n${readFileSync(file, 'utf8')}`)
  const needed = [...declared, declaredForBrowsers].reduce((found, file) => reachableFrom(file, found), new Set<string>())
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.d.ts') && !needed.has(join(dist, file))) rmSync(join(dist, file))
  }
}

function reachableFrom(declaration: string, found = new Set<string>()): Set<string> {
  if (found.has(declaration)) return found
  found.add(declaration)
  for (const [, name] of readFileSync(declaration, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.ts['"]/g)) {
    reachableFrom(join(dirname(declaration), `${name}.d.ts`), found)
  }
  return found
}

rmSync(dist, { recursive: true, force: true })
const metafile = await compile()
await compileClient()
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(metafile))
await writePageAssets()
cpSync(join(root, 'src/templates'), join(dist, 'templates'), { recursive: true })
copyFileSync(join(root, 'src/config/generated/gateway.schema.json'), join(dist, 'gateway.schema.json'))
declareTypes()
