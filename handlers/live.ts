import { readFile } from 'node:fs/promises'
import type { Handler } from '../gatefold.ts'

/** The page's own files, the gateway it came from, and nothing else. */
const policy =
  "default-src 'none'; img-src data:; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const types: Record<string, string> = { 'live.js': 'text/javascript', 'live.css': 'text/css' }

/** GET /live */
export const getLive: Handler<'getLive'> = async (_request, { reply }) =>
  reply(200, await read('page.html'), { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })

/** GET /live/{file}; the document says which files there are. */
export const getLiveFile: Handler<'getLiveFile'> = async ({ params }, { reply }) =>
  reply(200, await read(params.file), { 'content-type': `${types[params.file]}; charset=utf-8`, 'cache-control': 'no-cache' })

function read(file: string): Promise<string> {
  return readFile(new URL(`./public/live/${file}`, import.meta.url), 'utf8')
}
