import { readdirSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Handler } from '../context.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Position } from '../documents/document.ts'
import { nearest as nearestName } from '../documents/suggest.ts'
import { handlerName } from '../model/operation-id.ts'

/** An operation's own code, found by the name of its export. */
export interface FoundHandler {
  readonly handler: Handler
  /** Path of the module as it is shown to people. */
  readonly file: string
  /** The services that the module's export `uses` names. */
  readonly uses: readonly string[]
}

/** All functions that the modules under `handlers/` export. */
export interface HandlerModules {
  /** The handler of an operation: the export with its name, or with its name as an identifier. */
  find(operationId: string): FoundHandler | undefined
  /** The known export nearest to a name, for hints. */
  nearest(operationId: string): string | undefined
  /** Reports exports of handler modules that no operation asks for. */
  reportUnused(operationIds: Iterable<string>): void
}

interface LoadedModule {
  readonly file: string
  readonly handlers: ReadonlyMap<string, Handler>
  readonly uses: readonly string[]
}

/**
 * Imports every module below the handlers' directory (TypeScript is run as it is, by Node's type stripping). A module
 * that cannot be loaded, and a name that two modules export, are reported; the rest is still there.
 */
export async function loadHandlers(
  directory: string | undefined,
  projectDirectory: string,
  diagnostics: Diagnostics,
): Promise<HandlerModules> {
  const modules: LoadedModule[] = []
  for (const file of directory === undefined ? [] : moduleFiles(directory)) {
    const name = relative(projectDirectory, file)
    try {
      modules.push(readModule(name, await import(pathToFileURL(file).href)))
    } catch (error) {
      diagnostics.error(
        'handler-module-failed',
        failurePosition(error, file, name),
        `${name} cannot be loaded: ${messageOf(error)}`,
      )
    }
  }
  return handlerModules(modules, diagnostics)
}

function handlerModules(modules: readonly LoadedModule[], diagnostics: Diagnostics): HandlerModules {
  const asked = new Set<string>()

  function find(operationId: string): FoundHandler | undefined {
    for (const name of new Set([operationId, handlerName(operationId)])) {
      const holders = modules.filter((module) => module.handlers.has(name))
      const [holder, ...others] = holders
      if (holder === undefined) continue
      asked.add(name)
      const handler = holder.handlers.get(name) as Handler
      const rival = others.find((other) => other.handlers.get(name) !== handler)
      if (rival !== undefined) {
        diagnostics.error(
          'duplicate-handler',
          { file: rival.file, line: 1, column: 1 },
          `'${name}' is exported by ${holder.file} and by ${rival.file}; an operation has one handler`,
          'rename or remove one of the two exports',
        )
      }
      return { handler, file: holder.file, uses: holder.uses }
    }
    return undefined
  }

  function nearest(operationId: string): string | undefined {
    return nearestName(
      operationId,
      modules.flatMap((module) => [...module.handlers.keys()]),
    )
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
          { file: module.file, line: 1, column: 1 },
          `${module.file} exports '${name}', but no operation has this operationId`,
          near === undefined ? 'move shared code into a module without handlers' : `did you mean '${near}'?`,
        )
      }
    }
  }

  return { find, nearest, reportUnused }
}

/** Modules in a stable order; declarations, tests and hidden or dependency directories are no handlers. */
function moduleFiles(directory: string): string[] {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|js|mjs)$/.test(entry.name) && !/\.(d|test)\.m?[tj]s$/.test(entry.name))
    .map((entry) => resolve(entry.parentPath, entry.name))
    .filter((file) => !/(^|\/)(\.|node_modules\/)/.test(relative(directory, file)))
    .sort()
}

function readModule(file: string, exports: Record<string, unknown>): LoadedModule {
  const handlers = new Map<string, Handler>()
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value === 'function' && name !== 'default' && !isClass(value)) handlers.set(name, value as Handler)
  }
  const uses = Array.isArray(exports.uses) ? exports.uses.map(String) : []
  return { file, handlers, uses }
}

function isClass(value: object): boolean {
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error)
}

/** Where a module failed, from the error's own stack; its first line when the stack does not name the file. */
function failurePosition(error: unknown, file: string, name: string): Position {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const at = stack.indexOf(file)
  const found = at === -1 ? null : /^:(\d+)(?::(\d+))?/.exec(stack.slice(at + file.length))
  return { file: name, line: Number(found?.[1] ?? 1), column: Number(found?.[2] ?? 1) }
}
