import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Keeps every other process out of a data directory until the returned function is called, or throws an error that names
 * the process that is in it. The operating system holds the lock by an open file (through SQLite, since Node itself has no
 * file locks), so a killed process leaves none behind, whatever its pid becomes, and containers sharing a volume see it too.
 */
export function lockDirectory(directory: string): () => void {
  const owner = join(directory, 'owner')
  const lock = openLock(directory)
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw unusable(directory, error)
    if (held.has(directory))
      throw new Error(
        `the data directory ${directory} is open in this process, and cannot be opened a second time. What a reload brings of 'database' ` +
          'counts from the next start; a second gateway needs another database.dataDir, or DATABASE_URL.',
      )
    throw new Error(
      `the data directory ${directory} is in use by ${readOwner(owner)}: two processes on one directory would lose data. ` +
        'Stop that process, or give this one another database.dataDir, or set DATABASE_URL so that both share a Postgres server.',
    )
  }
  writeFileSync(owner, `${process.pid}\n`)
  held.add(directory)
  return () => {
    held.delete(directory)
    rmSync(owner, { force: true })
    lock.close()
  }
}

function openLock(directory: string): DatabaseSync {
  try {
    // SQLite would only say that it could not.
    accessSync(directory, constants.W_OK)
    return new DatabaseSync(join(directory, 'lock'), { timeout: 0 })
  } catch (error) {
    throw unusable(directory, error)
  }
}

function unusable(directory: string, cause: unknown): Error {
  return new Error(`database.dataDir '${directory}' cannot be used: ${(cause as Error).message}`, { cause })
}

/** The directories that this process is in. The owner's number does not tell: each container may have a process 1. */
const held = new Set<string>()

/** SQLITE_BUSY (5): another connection holds the lock. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

function readOwner(file: string): string {
  try {
    return `process ${readFileSync(file, 'utf8').trim()}`
  } catch {
    return 'another process'
  }
}
