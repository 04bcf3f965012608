import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Migration } from '../migrations.ts'

const fileName = /^(\d{3,})_[\w-]+\.sql$/

/**
 * The migrations in a directory (absolute): its files named `NNN_name.sql`, by number.
 * Throws when the directory is missing, when another `.sql` file lies there, or when two files have one number.
 */
export function readMigrationFiles(directory: string, project: string): Migration[] {
  const numbers = new Map<number, string>()
  const files = listFiles(directory, relative(project, directory)).filter((file) => file.endsWith('.sql'))
  for (const file of files) {
    const number = Number(fileName.exec(file)?.[1] ?? Number.NaN)
    const shown = relative(project, join(directory, file))
    if (Number.isNaN(number))
      throw new Error(
        `${shown}: a migration's file is named like 001_accounts.sql (a number of three digits or more, then a name)`,
      )
    const other = numbers.get(number)
    if (other !== undefined)
      throw new Error(`${shown}: the number is taken by ${other}; give the later of the two the next free number`)
    numbers.set(number, file)
  }
  return [...numbers]
    .sort(([a], [b]) => a - b)
    .map(([, file]) => ({
      name: file,
      sql: readFileSync(join(directory, file), 'utf8'),
      file: relative(project, join(directory, file)),
    }))
}

function listFiles(directory: string, shown: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    throw new Error(`database.migrations: ${shown} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
