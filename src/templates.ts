import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Beside this module in the repository and in the published package alike. */
const directory = fileURLToPath(new URL('./templates/', import.meta.url))

/** What a new project can begin with, the usual one first, each with what it shows. */
export const templates = {
  minimal: 'two operations, one of them for signed-in callers',
  tasks: 'an operation that runs as a durable task',
} as const
export type TemplateName = keyof typeof templates

/** Names that npm leaves out of packages, or that mean something where the templates are kept, by what they are kept as. */
const keptAs: Readonly<Record<string, string>> = { gitignore: '.gitignore' }

/** The files of a template: where each is kept, by its path in the project. */
export function templateFiles(name: TemplateName): Map<string, string> {
  const root = join(directory, name)
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => {
        const path = file.slice(root.length + 1)
        return [keptAs[path] ?? path, file]
      }),
  )
}
