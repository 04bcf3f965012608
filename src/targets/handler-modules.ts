import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import type { Handler } from '../context.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, type Located } from '../documents/document.ts'
import { nearest as nearestName } from '../documents/suggest.ts'
import { importModule } from '../import-module.ts'
import type { Operation } from '../model/operation.ts'
import { handlerName } from '../model/operation-id.ts'
import { urlOf } from '../project-modules.ts'
import { exportPlace } from './export-place.ts'

/** An operation's own code, found by the name of its export. */
export interface FoundHandler {
  readonly handler: Handler
  /** Path of the module as it is shown to people. */
  readonly file: string
  /** Changes with the module and with all that it imports. */
  readonly version: string | undefined
  /** The services that the module's export `uses` names. */
  readonly uses: readonly string[]
}

/** All functions that the modules under `handlers/` export. */
export interface HandlerModules {
  /** Where they were looked for, relative to the project. */
  readonly directory: string
  /** The handler of an operation: the export with its name, or with its name as an identifier. */
  find(operationId: string): FoundHandler | undefined
  /** Why an operation has no handler. */
  whyMissing(operationId: string): Missing
  /** Reports exports of handler modules that no operation asks for. */
  reportUnused(operationIds: Iterable<string>): void
  /** Reports operations that handlers answer and whose names, spelt differently, lead to one export. */
  reportShared(operations: readonly Pick<Operation, 'id' | 'node'>[]): void
}

export type Missing =
  /** Nothing has the name; `near` is the most similar export. */
  | { readonly kind: 'absent'; readonly near: string | undefined }
  /** An export has the name, but is for example `a class`. */
  | { readonly kind: 'unusable'; readonly file: string; readonly what: string }
  /** It may be in what could not be read, which is reported: a module that mentions the name, or the directory that gateway.yaml names. */
  | { readonly kind: 'unknown' }

interface LoadedModule {
  readonly file: string
  readonly version: string | undefined
  readonly handlers: ReadonlyMap<string, Handler>
  /** What the exports are that cannot be handlers, by name. */
  readonly others: ReadonlyMap<string, string>
  readonly uses: readonly string[]
}

/**
 * Imports every module below the handlers' directory (TypeScript is run as it is, by Node's type stripping). A module
 * that cannot be loaded, and a name that two modules export, are reported; the rest is still there. `written` is where gateway.yaml names
 * the directory: one that is not there is reported once an operation needs it.
 */
export async function loadHandlers(
  directory: string | undefined,
  written: Located | undefined,
  projectDirectory: string,
  diagnostics: Diagnostics,
): Promise<HandlerModules> {
  const modules: LoadedModule[] = []
  const failed: string[] = []
  const reported = new Set<unknown>()
  const files = directory === undefined ? [] : moduleFiles(directory)
  for (const file of files) {
    const name = relative(projectDirectory, file)
    const imported = await importModule(file, projectDirectory)
    if ('exports' in imported) {
      modules.push(readModule(name, urlOf(file), imported.exports))
      continue
    }
    failed.push(readFileSync(file, 'utf8'))
    // One error of a module that several import is one finding.
    if (reported.has(imported.error)) continue
    reported.add(imported.error)
    const at = imported.at ?? { file: name, line: 1, column: 1 }
    diagnostics.error('handler-module-failed', at, `${name} cannot be loaded: ${imported.reason}`, imported.hint)
  }
  const shown = directory === undefined ? '' : relative(projectDirectory, directory)
  const absent =
    directory === undefined || written === undefined || isDirectory(directory) ? undefined : { path: directory, written }
  return handlerModules({ directory: shown, absent, projectDirectory, modules, failed }, diagnostics)
}

interface AbsentDirectory {
  readonly path: string
  readonly written: Located
}

interface Loaded {
  /** Where the modules lie, relative to the project. */
  readonly directory: string
  /** That directory, where gateway.yaml names it and it is not there. */
  readonly absent: AbsentDirectory | undefined
  readonly projectDirectory: string
  readonly modules: readonly LoadedModule[]
  /** The texts of those that could not be loaded. */
  readonly failed: readonly string[]
}

function handlerModules(
  { directory, absent, projectDirectory, modules, failed }: Loaded,
  diagnostics: Diagnostics,
): HandlerModules {
  /** The modules that export a name, by that name. */
  const holders = new Map<string, LoadedModule[]>()
  for (const module of modules) {
    for (const name of module.handlers.keys()) holders.set(name, [...(holders.get(name) ?? []), module])
  }

  const exportOf = (operationId: string) => (holders.has(operationId) ? operationId : handlerName(operationId))

  function find(operationId: string): FoundHandler | undefined {
    const name = exportOf(operationId)
    const [holder, ...others] = holders.get(name) ?? []
    if (holder === undefined) return undefined
    const handler = holder.handlers.get(name) as Handler
    const rival = others.find((other) => other.handlers.get(name) !== handler)
    if (rival !== undefined) {
      diagnostics.error(
        'duplicate-handler',
        exportPlace(projectDirectory, rival.file, name),
        `'${name}' is exported by ${holder.file} and by ${rival.file}; an operation has one handler`,
        'rename or remove one of the two exports',
      )
    }
    return { handler, file: holder.file, version: holder.version, uses: holder.uses }
  }

  function whyMissing(operationId: string): Missing {
    if (absent !== undefined) {
      reportAbsent(absent, diagnostics)
      return { kind: 'unknown' }
    }
    const names = [operationId, handlerName(operationId)]
    if (failed.some((source) => names.some((name) => source.includes(name)))) return { kind: 'unknown' }
    for (const { file, others } of modules) {
      const what = names.map((name) => others.get(name)).find((found) => found !== undefined)
      if (what !== undefined) return { kind: 'unusable', file, what }
    }
    const known = modules.flatMap((module) => [...module.handlers.keys()])
    return { kind: 'absent', near: nearestName(operationId, known) }
  }

  function reportUnused(operationIds: Iterable<string>): void {
    const known = new Set([...operationIds].flatMap((id) => [id, handlerName(id)]))
    for (const module of modules) {
      const names = [...module.handlers.keys()]
      // A module without any handler is code that handlers share; its exports are nobody's mistake.
      if (!names.some((name) => known.has(name))) continue
      for (const name of names.filter((name) => !known.has(name))) {
        const near = nearestName(name, known)
        diagnostics.warning(
          'handler-without-operation',
          exportPlace(projectDirectory, module.file, name),
          `${module.file} exports '${name}', but no operation has this operationId`,
          near === undefined ? 'move shared code into a module without handlers' : `did you mean '${near}'?`,
        )
      }
    }
  }

  function reportShared(operations: readonly Pick<Operation, 'id' | 'node'>[]): void {
    const takers = new Map<string, string>()
    for (const { id, node } of operations) {
      const name = exportOf(id)
      if (!holders.has(name)) continue
      const taker = takers.get(name) ?? id
      takers.set(name, taker)
      if (taker === id) continue
      diagnostics.error(
        'duplicate-handler',
        child(node, 'operationId') ?? node,
        `the export '${name}' would answer both '${taker}' and '${id}'; an operation has a handler of its own`,
        `change the operationId of one, or export a function under its exact name: export { another as '${id}' }`,
      )
    }
  }

  return { directory, find, whyMissing, reportUnused, reportShared }
}

function reportAbsent({ path, written }: AbsentDirectory, diagnostics: Diagnostics): void {
  const name = String(written.value)
  if (existsSync(path)) {
    diagnostics.error(
      'missing-file',
      written,
      `"${name}" is a file; 'handlers' names a directory`,
      `name the directory: ${dirname(name)}`,
    )
    return
  }
  const near = nearestName(basename(path), directoriesIn(dirname(path)))
  const hint =
    near === undefined
      ? 'The path is relative to gateway.yaml; every module below it is looked at.'
      : `did you mean "${name.replace(/[^/]*\/*$/, near)}"?`
  diagnostics.error('missing-file', written, `the directory "${name}" does not exist`, hint)
}

function directoriesIn(path: string): string[] {
  if (!isDirectory(path)) return []
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
}

/** A path that leads through a file is none either. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** Modules in a stable order. */
function moduleFiles(directory: string): string[] {
  if (!isDirectory(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => resolve(entry.parentPath, entry.name))
    .filter((file) => isHandlerModule(file, directory))
    .sort()
}

/** Declarations, tests, what lies in hidden or dependency directories, and files for browsers below `public/` are no handlers. */
export function isHandlerModule(file: string, directory: string): boolean {
  const path = relative(directory, file)
  const isModule = /\.(ts|mts|js|mjs)$/.test(path) && !/\.(d|test)\.m?[tj]s$/.test(path)
  return isModule && !/(^|\/)(\.|node_modules\/|public\/)/.test(path)
}

function readModule(file: string, version: string | undefined, exports: Record<string, unknown>): LoadedModule {
  const handlers = new Map<string, Handler>()
  const others = new Map<string, string>()
  for (const [name, value] of Object.entries(exports)) {
    if (name === 'default') continue
    const fault = faultOf(value)
    if (fault === undefined) handlers.set(name, value as Handler)
    else others.set(name, fault)
  }
  const uses = Array.isArray(exports.uses) ? exports.uses.map(String) : []
  return { file, version, handlers, others, uses }
}

/** What an export is that is no handler; undefined when it may be one. */
function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'function') return value === null ? 'null' : `a value of type ${typeof value}`
  if (/Generator/.test(value.constructor.name)) return 'a generator'
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false ? 'a class' : undefined
}
