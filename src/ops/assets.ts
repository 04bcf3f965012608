import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** The files of the operator page, its own and the library's. */
export const opsAssetNames = [
  'page.html',
  'ops.css',
  'ops.js',
  'server.js',
  'sign-in.js',
  'table.js',
  'traffic.js',
  'operations.js',
  'requests.js',
  'tasks.js',
  'task.js',
  'generation.js',
  'preact.js',
  'preact.license.txt',
] as const
export type OpsAssetName = (typeof opsAssetNames)[number]

/** The published package brings all files in this directory; in the repository the library is a development dependency. */
const published = new URL('./ops-assets/', import.meta.url)
const own = new URL('./page/', import.meta.url)

/** The content of one of the page's files. */
export function readOpsAsset(name: OpsAssetName): Promise<Buffer> {
  if (existsSync(published)) return readFile(new URL(name, published))
  return readFile(name === 'preact.js' ? new URL(import.meta.resolve('htm/preact/standalone')) : new URL(name, own))
}
