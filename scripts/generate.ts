import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configJsonSchema } from '../src/config/json-schema.ts'
import { configReference } from '../src/config/reference.ts'
import { policies } from '../src/policies/builtin.ts'
import { targets } from '../src/targets/builtin.ts'

const root = join(import.meta.dirname, '..')

/** Every file that is generated and committed: its path from the repository's root, and what it must hold. */
export function generatedFiles(): Map<string, string> {
  const registry = { policies, targets }
  return new Map([
    ['src/config/generated/gateway.schema.json', `${JSON.stringify(configJsonSchema(registry), null, 2)}\n`],
    ['docs/gateway-yaml.md', configReference(registry)],
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
    for (const path of stale) console.error(`${path} is not up to date: run node scripts/generate.ts`)
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
