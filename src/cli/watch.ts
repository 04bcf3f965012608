import { hash } from 'node:crypto'
import { type Dirent, existsSync, type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Inputs } from '../inputs.ts'

/** Watches the files of a project. */
export interface Watching {
  /** From now on these are the files. */
  follow(inputs: readonly Inputs[]): void
  close(): void
}

/** Milliseconds of quiet that an edit ends with: editors write, rename and remove several files for one save. */
const quiet = 25

/**
 * Calls `onEdit` with the paths of files whose content has changed, that are new, or that are gone. Directories are watched, not files:
 * many editors put a new file in the place of the old one.
 */
export function watchFiles(onEdit: (files: string[]) => void): Watching {
  const watchers = new Map<string, FSWatcher>()
  let inputs: readonly Inputs[] = []
  let contents = new Map<string, string | undefined>()
  let timer: NodeJS.Timeout | undefined

  function follow(next: readonly Inputs[]): void {
    inputs = next
    // What is known already stays: it may have been edited since it was looked at.
    contents = new Map([...snapshot(inputs)].map(([file, content]) => [file, contents.has(file) ? contents.get(file) : content]))
    watchDirectories()
  }

  function watchDirectories(): void {
    const wanted = directoriesOf(inputs)
    for (const [directory, watcher] of watchers) {
      if (wanted.has(directory)) continue
      watcher.close()
      watchers.delete(directory)
    }
    for (const directory of wanted) {
      if (watchers.has(directory)) continue
      try {
        const watcher = watch(directory, (_, name) => noticed(name === null ? directory : join(directory, name)))
        watcher.on('error', () => drop(directory, watcher))
        watchers.set(directory, watcher)
      } catch {
        // It went away in between; its parent is watched and will tell when it is back.
      }
    }
  }

  function drop(directory: string, watcher: FSWatcher): void {
    watcher.close()
    watchers.delete(directory)
    later()
  }

  /** A log that is written beside the documents must not keep an edit waiting. */
  function noticed(path: string): void {
    const within = (tree: string) => path === tree || path.startsWith(tree + sep)
    const leadsTo = (file: string) => file === path || file.startsWith(path + sep)
    if (inputs.some(({ files, directories }) => directories.some(within) || [...files].some(leadsTo))) later()
  }

  function later(): void {
    clearTimeout(timer)
    timer = setTimeout(look, quiet)
  }

  /** What an event says is not to be relied on, so what the files hold is compared. */
  function look(): void {
    watchDirectories()
    const before = contents
    contents = snapshot(inputs)
    const edited = [...new Set([...before.keys(), ...contents.keys()])].filter((file) => before.get(file) !== contents.get(file))
    if (edited.length > 0) onEdit(edited)
  }

  return {
    follow,
    close() {
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}

/** The hash of each file's content; undefined for one that is missing. */
function snapshot(inputs: readonly Inputs[]): Map<string, string | undefined> {
  const files = new Set(inputs.flatMap(({ files }) => [...files]))
  for (const { directories, reads } of inputs) {
    for (const file of directories.flatMap((tree) => treeOf(tree).files)) if (reads(file)) files.add(file)
  }
  return new Map([...files].map((file) => [file, contentOf(file)]))
}

function contentOf(file: string): string | undefined {
  try {
    return hash('sha256', readFileSync(file))
  } catch {
    return undefined
  }
}

/** The directories in which something may happen; of one that is missing, the nearest one that is there. */
function directoriesOf(inputs: readonly Inputs[]): Set<string> {
  const files = inputs.flatMap(({ files }) => [...files])
  const trees = inputs.flatMap(({ directories }) => directories.flatMap((tree) => treeOf(tree).directories))
  return new Set([...files.map(dirname), ...trees].map(nearest))
}

function nearest(directory: string): string {
  return existsSync(directory) || dirname(directory) === directory ? directory : nearest(dirname(directory))
}

interface Tree {
  readonly directories: string[]
  readonly files: string[]
}

/** A directory and all below it, without what is hidden and without dependencies. */
function treeOf(directory: string, tree: Tree = { directories: [], files: [] }): Tree {
  tree.directories.push(directory)
  for (const entry of entriesOf(directory)) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const path = join(directory, entry.name)
    if (entry.isDirectory()) treeOf(path, tree)
    else tree.files.push(path)
  }
  return tree
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch {
    return []
  }
}
