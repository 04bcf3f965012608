import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configJsonSchema } from './config/json-schema.ts'
import { configReference } from './config/reference.ts'
import { diagnosticReference } from './documents/diagnostic-reference.ts'
import { policies } from './policies/builtin.ts'
import { problemReference } from './serve/problem-reference.ts'
import { targets } from './targets/builtin.ts'

const root = join(import.meta.dirname, '..')

/** Every file that is generated and committed: its path from the repository's root, and what it must hold. */
export function generatedFiles(): Map<string, string> {
  const registry = { policies, targets }
  return new Map([
    ['src/config/generated/gateway.schema.json', `${JSON.stringify(configJsonSchema(registry), null, 2)}\n`],
    ['src/config/generated/gateway-yaml.md', configReference(registry)],
    ['src/serve/generated/problems.md', problemReference()],
    ['src/documents/generated/diagnostics.md', diagnosticReference()],
  ])
}

/** The generated files that are absent or differ from what they must hold. */
export function staleFiles(): string[] {
  const isStale = ([path, content]: [string, string]) =>
    !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== content
  return [...generatedFiles()].filter(isStale).map(([path]) => path)
}

if (import.meta.main) {
  const stale = staleFiles()
  if (process.argv.includes('--check')) {
    for (const path of stale) console.error(`${path} is not up to date: run node src/generate.ts`)
    process.exitCode = stale.length > 0 ? 1 : 0
  } else {
    const files = generatedFiles()
    for (const path of stale) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), files.get(path) as string)
      console.log(`wrote ${path}`)
    }
  }
}
