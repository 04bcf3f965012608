import { constants, copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { clusterName } from '../services/database/embedded.ts'
import type { Queryable } from '../services/database/queryable.ts'

/**
 * Puts the cluster of an embedded database into a data directory that has none. It is made once by `make`, which gets a data
 * directory and leaves it stopped, and kept in `cache` under `name`: copying it takes a tenth of a second, making one takes seconds.
 */
export async function seedCluster(
  dataDir: string,
  cache: string,
  name: string,
  make: (dataDir: string) => Promise<void>,
): Promise<void> {
  const template = join(cache, name)
  // Renamed into its place when it is complete: what is there can be used.
  if (!existsSync(template)) await makeTemplate(template, cache, make)
  copyDirectory(template, join(dataDir, clusterName))
}

async function makeTemplate(template: string, cache: string, make: (dataDir: string) => Promise<void>): Promise<void> {
  await mkdir(cache, { recursive: true })
  const unfinished = await mkdtemp(join(cache, 'unfinished-'))
  try {
    await make(unfinished)
    // Another process may have been quicker.
    await rename(join(unfinished, clusterName), template).catch((error: unknown) => {
      if (!existsSync(template)) throw error
    })
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** For a thousand small files half as long as node:fs' own cpSync. */
function copyDirectory(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copyDirectory(join(from, entry.name), join(to, entry.name))
    else copyFileSync(join(from, entry.name), join(to, entry.name), constants.COPYFILE_FICLONE)
  }
}

/**
 * Drops the databases that others are made from, which nobody does here: they are two thirds of a cluster's files, and copying goes by
 * files.
 */
export async function dropTemplates({ query }: Queryable): Promise<void> {
  await query("UPDATE pg_database SET datistemplate = false WHERE datname IN ('template0', 'template1')")
  for (const name of ['template0', 'template1']) await query(`DROP DATABASE ${name}`)
  await query('CHECKPOINT')
}

/** Where tools keep what they can make again: `node_modules/.cache` of the project, else the user's own cache. */
export function cacheDirectory(directory: string): string {
  for (let parent = directory; ; parent = dirname(parent)) {
    if (existsSync(join(parent, 'node_modules'))) return join(parent, 'node_modules/.cache/gatefold')
    if (dirname(parent) === parent) return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gatefold')
  }
}
