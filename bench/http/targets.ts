import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** A server to measure: reads PORT, JWT_SECRET, RATE_MAX and LOG_FILE from its environment. */
export interface Target {
  readonly name: string
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

const bench = join(import.meta.dirname, '..')
const python = '/usr/bin/python3'

/** The published package, as users run it; `npm run build` makes it. */
const command = [process.execPath, join(bench, '../dist/main.js'), 'start', '-C', bench]
const script = (file: string) => [process.execPath, join(bench, 'servers', file)]

/** What all others are compared with. */
export const baseline = 'raw'

export const targets: readonly Target[] = [
  { name: 'raw', command: script('raw.mjs') },
  { name: 'raw, equal headers', command: script('raw.mjs'), environment: { HEADERS: 'equal' } },
  { name: 'raw, each token verified', command: script('raw.mjs'), environment: { VERIFY: 'each' } },
  { name: 'gatefold', command },
  { name: 'gatefold, Koa context', command: [...command, '--env', 'koa'] },
  { name: 'fastify, token cache', command: script('fastify.mjs'), environment: { TOKEN_CACHE: '1' } },
  { name: 'fastify', command: script('fastify.mjs') },
  { name: 'koa, openapi-backend', command: script('koa.mjs') },
  { name: 'express, openapi-validator', command: script('express.mjs') },
  { name: 'fastapi, PyJWT', command: [python, join(bench, 'servers/fastapi_app.py')], environment: { JWT_LIBRARY: 'pyjwt' } },
  {
    name: 'fastapi, python-jose',
    command: [python, join(bench, 'servers/fastapi_app.py')],
    environment: { JWT_LIBRARY: 'jose' },
  },
]

/** The targets of these names, `raw` standing for `raw, equal headers` too; all that can run here when none is named. */
export function chooseTargets(names: readonly string[]): Target[] {
  const runnable = targets.filter(({ command }) => command[0] !== python || existsSync(python))
  if (names.length === 0) return runnable
  return runnable.filter(({ name }) => name === baseline || names.some((word) => name === word || name.startsWith(`${word},`)))
}
