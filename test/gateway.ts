import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { stringify } from 'yaml'
import { type Gateway, type GatewayOptions, planGateway } from '../src/gateway.ts'

/** What a test's project consists of; documents may be text or values. */
export interface Project {
  openapi?: string | object
  gateway?: string | object
  /** Source of `handlers/handlers.ts`. */
  handlers?: string
  /** Further files by path. */
  files?: Record<string, string>
}

/** The module that handlers of test projects import instead of the package. */
export const packageUrl = new URL('../src/index.ts', import.meta.url).href

/** Writes a project into a directory of its own, which goes away with the test. */
export function writeProject(t: Test, { openapi, gateway, handlers, files = {} }: Project): string {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-test-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const contents = {
    ...(openapi !== undefined && { 'openapi.yaml': text(openapi) }),
    'gateway.yaml': typeof gateway === 'string' ? gateway : text({ log: { file: 'log.jsonl' }, ...gateway }),
    ...(handlers !== undefined && { 'handlers/handlers.ts': handlers }),
    ...files,
  }
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), content)
  }
  return directory
}

function text(document: string | object): string {
  return typeof document === 'string' ? document : stringify(document, { aliasDuplicateObjects: false })
}

/** A served project: real HTTP on a free port of this machine; ends with the test. */
export interface Served {
  gateway: Gateway
  url: string
  directory: string
  /** The log's records so far. */
  logs(): Record<string, unknown>[]
  /** A request to a path below the root, for example `GET`, `/items/7`. */
  request(method: string, path: string, init?: RequestInit & { json?: unknown; token?: string }): Promise<Answer>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The body as JSON; undefined when it is none. */
  body: any
}

/** Starts the real gateway for a project. The database, when one is used, is a fresh one in memory. */
export async function serve(t: Test, project: Project, options: GatewayOptions = {}): Promise<Served> {
  const directory = writeProject(t, project)
  const plan = await planGateway({ directory, port: 0, environment: {}, ...options })
  const gateway = await plan.start()
  t.teardown(() => gateway.stop())
  return {
    gateway,
    directory,
    url: gateway.url,
    logs() {
      plan.log.flush()
      const lines = readFileSync(join(directory, 'log.jsonl'), 'utf8').split('\n')
      return lines.filter(Boolean).map((line) => JSON.parse(line))
    },
    request: (method, path, init) => send(gateway.url + path, method, init),
  }
}

async function send(
  url: string,
  method: string,
  { json, token, ...init }: RequestInit & { json?: unknown; token?: string } = {},
): Promise<Answer> {
  const headers = new Headers(init.headers)
  if (json !== undefined) headers.set('content-type', 'application/json')
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  const response = await fetch(url, { ...init, method, headers, ...(json !== undefined && { body: JSON.stringify(json) }) })
  const content = await response.text()
  return { status: response.status, headers: response.headers, text: content, body: parse(content) }
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}
