import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }

/**
 * Node keeps every module that was imported for as long as the process lives, under its URL. So that an edit takes effect without a
 * restart, a module of the project gets another URL (`?v=…`) once its text, or that of a module that it imports, is not the one
 * that was loaded. What did not change keeps its URL and is not loaded again; a text that comes back finds its earlier module.
 *
 * This state is the process's because Node's module cache is. Modules in `node_modules` and Gatefold's own are left alone.
 */
interface Version {
  readonly url: string
  readonly file: string
  /** Hash of the text that was loaded; undefined when the file was not there. */
  text: string | undefined
  /** URLs of the project's modules that it imports. */
  readonly imports: Set<string>
  /** Its evaluation ended in an error, which Node keeps as well. */
  failed: boolean
}

const versions = new Map<string, Version>()
/** The URL that stands for a file now. */
const current = new Map<string, string>()

const own = new URL('.', import.meta.url).href
const dependencies = '/node_modules/'
const require = createRequire(import.meta.url)

let following = false

/** From now on it is known which module of the project imports which. */
export function followModules(): void {
  if (following) return
  following = true
  registerHooks({
    resolve(specifier, context, next) {
      const running = ownExport(specifier)
      if (running !== undefined) return { url: running, shortCircuit: true }
      const importer = context.parentURL
      if (importer === undefined || !(importer.startsWith(own) || versions.has(importer))) return next(specifier, context)
      const resolved = resolveOrNote(() => next(specifier, context), importer)
      if (!isOfProject(resolved.url)) return resolved
      const url = versionOf(fileURLToPath(resolved.url), resolved.url).url
      versions.get(importer)?.imports.add(url)
      return { ...resolved, url }
    },
    load(url, context, next) {
      const loaded = next(url, context)
      const version = versions.get(url)
      // The text may have changed since it was looked at.
      if (version !== undefined && loaded.source) version.text = hash('sha256', Buffer.from(loaded.source as Uint8Array))
      return loaded
    },
  })
}

/**
 * Where a module is that `gatefold` or `gatefold/…` names. Whoever imports it gets the copy that runs, wherever else one is installed: a reply or
 * problem of another copy would not be known to be one, and go out as if it were data.
 */
function ownExport(specifier: string): string | undefined {
  if (specifier !== 'gatefold' && !specifier.startsWith('gatefold/')) return undefined
  const exports: Readonly<Record<string, string | { default: string; 'gatefold-source': string }>> = manifest.exports
  const entry = exports[`.${specifier.slice('gatefold'.length)}`]
  if (typeof entry !== 'object') return undefined
  return new URL(`../${own.endsWith('/src/') ? entry['gatefold-source'] : entry.default}`, import.meta.url).href
}

/** Looks at the files of all modules that were loaded: what is imported from now on is as they are now. */
export function refreshModules(): void {
  const texts = new Map<string, string | undefined>()
  const importers = new Map<string, Version[]>()
  const stale = new Set<Version>()
  for (const version of versions.values()) {
    for (const url of version.imports) importers.set(url, [...(importers.get(url) ?? []), version])
    if (!texts.has(version.file)) texts.set(version.file, textOf(version.file))
    if (version.failed || version.text !== texts.get(version.file)) stale.add(version)
  }
  // A set that grows while it is walked: whoever imports what is stale is stale itself.
  for (const { url } of stale) for (const importer of importers.get(url) ?? []) stale.add(importer)

  current.clear()
  for (const version of versions.values()) {
    if (stale.has(version)) delete require.cache[version.file]
    else if (!current.has(version.file)) current.set(version.file, version.url)
  }
}

/** The files of a module and of all that it imports, those included that are missing; empty for what was never imported. */
export function filesOf(file: string): string[] {
  return closureOf(file).map((version) => version.file)
}

/** The URL that a module was last imported by: it changes with the module's text and with all that it imports. */
export function urlOf(file: string): string | undefined {
  return current.get(file)
}

/** After the import of a module failed: it, and what made it fail, are evaluated anew next time. */
export async function forgetFailure(file: string): Promise<void> {
  const [entry, ...imported] = closureOf(file)
  if (entry !== undefined) entry.failed = true
  // What was evaluated well answers at once; whoever imports what failed has failed too.
  for (const version of imported) {
    version.failed ||= await import(version.url).then(
      () => false,
      () => true,
    )
  }
}

function closureOf(file: string): Version[] {
  const start = versions.get(current.get(file) ?? '')
  const closure = new Set(start === undefined ? [] : [start])
  for (const { imports } of closure) {
    for (const url of imports) closure.add(versions.get(url) as Version)
  }
  return [...closure]
}

/** What does not resolve is noted as an import all the same, so that its coming is noticed. */
function resolveOrNote<Resolved>(resolve: () => Resolved, importer: string): Resolved {
  try {
    return resolve()
  } catch (error) {
    const { url } = error as { url?: string }
    if (url !== undefined && isOfProject(url)) versions.get(importer)?.imports.add(versionOf(fileURLToPath(url), url).url)
    throw error
  }
}

function isOfProject(url: string): boolean {
  return url.startsWith('file:') && !url.startsWith(own) && !url.includes(dependencies)
}

function versionOf(file: string, plain: string): Version {
  const known = versions.get(current.get(file) ?? '')
  if (known !== undefined) return known
  const text = textOf(file)
  const version: Version = { url: freeUrl(plain.split('?', 1)[0] as string, text), file, text, imports: new Set(), failed: false }
  versions.set(version.url, version)
  current.set(file, version.url)
  return version
}

/** The first version of a module has the URL that everybody else knows it by. */
function freeUrl(plain: string, text = 'missing'): string {
  let url = plain
  for (let again = 0; versions.has(url); again++) url = `${plain}?v=${text.slice(0, 12)}${again === 0 ? '' : `-${again}`}`
  return url
}

function textOf(file: string): string | undefined {
  try {
    return hash('sha256', readFileSync(file))
  } catch {
    return undefined
  }
}
