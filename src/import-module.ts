import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Position } from './documents/document.ts'
import { followModules, forgetFailure } from './project-modules.ts'

/** What importing a module of the project gave: its exports, or why there are none. */
export type Imported = { readonly exports: Record<string, unknown> } | ImportFailure

export interface ImportFailure {
  /** What went wrong, in one line. */
  readonly reason: string
  /** What to do, where the reason alone does not tell. */
  readonly hint: string | undefined
  /** Where, in whichever file of the project; undefined when nobody knows. */
  readonly at: Position | undefined
  /** The same value for all modules that fail because of one and the same error. */
  readonly error: unknown
}

/** How long a module may take to load, in milliseconds: a top-level `await` may never settle. */
const patience = 3000

/**
 * Imports a module by its absolute path, as its files were at the last `refreshModules`. Never throws; paths in the failure
 * are relative to the project's directory.
 */
export async function importModule(file: string, directory: string): Promise<Imported> {
  followModules()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`its top-level await has not settled within ${patience / 1000} s`)), patience)
  })
  try {
    return { exports: await Promise.race([import(pathToFileURL(file).href), late]) }
  } catch (error) {
    await Promise.race([forgetFailure(file), late]).catch(() => {})
    const reason = reasonOf(error, file, directory)
    return { reason, hint: hintOf(reason), at: placeOf(error, file, directory), error }
  } finally {
    clearTimeout(timer)
  }
}

function reasonOf(error: unknown, file: string, directory: string): string {
  const message = error instanceof Error ? error.message || error.name : `it throws ${String(error)}`
  if (message.startsWith(`Cannot find module '${file}'`)) return 'the file does not exist'
  return (message.split('\n')[0] as string).replaceAll(directory + sep, '')
}

function hintOf(reason: string): string | undefined {
  const missing = /^Cannot find package '([^']+)'/.exec(reason)?.[1]
  if (missing !== undefined) return `npm install ${missing}`
  if (reason === 'the file does not exist') return 'The path is relative to gateway.yaml.'
  if (/^Cannot find module '[^']*?[^'/.]+'/.test(reason) && !/^Cannot find module '[^']*\.\w+'/.test(reason))
    return 'Write the whole name of the file, with its .ts or .js.'
  if (/^(require|module|exports|__dirname|__filename) is not defined/.test(reason))
    return 'The file is an ES module: write import and export, or call it .cjs and import that.'
  return reason.includes('strip-only mode')
    ? 'Node runs TypeScript by leaving the types out, so nothing that needs code of its own: a const object does what an enum does.'
    : undefined
}

function placeOf(error: unknown, file: string, directory: string): Position | undefined {
  const stack = error instanceof Error ? String(error.stack) : ''
  const place = placeInStack(stack, directory) ?? placeOfImport(error, file) ?? placeOfSyntaxError(error, file, directory)
  return place && { ...place, file: relative(directory, place.file) }
}

/** The first place in a stack that lies in the project; a syntax error marks its column in the line below instead. */
function placeInStack(stack: string, directory: string): Position | undefined {
  const at = stack.indexOf(directory + sep)
  const found = at === -1 ? null : /^([^\n:?]+)(?:\?v=[\w-]+)?:(\d+)(?::(\d+))?/.exec(stack.slice(at))
  if (found === null) return undefined
  const [, file = '', line, column] = found
  const marker = /^( *)\^/m.exec(stack)?.[1]
  return { file, line: Number(line), column: Number(column ?? (marker?.length ?? 0) + 1) }
}

/** Node does not say which line imports what it cannot find. */
function placeOfImport(error: unknown, file: string): Position | undefined {
  const { code, message = '' } = (error ?? {}) as NodeJS.ErrnoException
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined
  const [, missing = '', importer = file] = /^Cannot find \w+ '([^']+)' imported from (\S+)/.exec(message) ?? []
  const name = missing.slice(missing.lastIndexOf('/') + 1)
  if (!existsSync(file)) return undefined
  const lines = readFileSync(importer, 'utf8').split('\n')
  const line = lines.findIndex((text) => text.includes(name) && /\b(import|from)\b/.test(text))
  return line === -1 ? undefined : { file: importer, line: line + 1, column: (lines[line] as string).indexOf(name) + 1 }
}

/** Syntax errors of JavaScript modules come without a place; only Node's own check prints it. */
function placeOfSyntaxError(error: unknown, file: string, directory: string): Position | undefined {
  if (!(error instanceof SyntaxError)) return undefined
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: patience })
  return placeInStack(stderr, directory)
}
