import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configJsonSchema } from './config/json-schema.ts'
import { configReference } from './config/reference.ts'
import { diagnosticReference } from './documents/diagnostic-reference.ts'
import { planGateway } from './gateway.ts'
import { policies } from './policies/builtin.ts'
import { problemReference } from './serve/problem-reference.ts'
import { targets } from './targets/builtin.ts'
import { templates } from './templates.ts'
import { projectTypes } from './typescript/project-types.ts'

const root = join(import.meta.dirname, '..')

/** Every file that is generated and committed: its path from the repository's root, and what it must hold. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const registry = { policies, targets }
  return new Map([
    ['src/config/generated/gateway.schema.json', `${JSON.stringify(configJsonSchema(registry), null, 2)}\n`],
    ['src/config/generated/gateway-yaml.md', configReference(registry)],
    ['src/serve/generated/problems.md', problemReference()],
    ['src/documents/generated/diagnostics.md', diagnosticReference()],
    ...(await Promise.all(Object.keys(templates).map(templateTypes))),
  ])
}

/** What `gatefold types` writes into a template for new projects. */
async function templateTypes(name: string): Promise<[path: string, content: string]> {
  const path = `src/templates/${name}`
  return [`${path}/gatefold.ts`, projectTypes(await planGateway({ directory: join(root, path), environment: {} }))]
}

/** The generated files that are absent or differ from what they must hold. */
export async function staleFiles(): Promise<string[]> {
  const isStale = ([path, content]: [string, string]) =>
    !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== content
  return [...(await generatedFiles())].filter(isStale).map(([path]) => path)
}

if (import.meta.main) {
  const stale = await staleFiles()
  if (process.argv.includes('--check')) {
    for (const path of stale) console.error(`${path} is not up to date: run node src/generate.ts`)
    process.exitCode = stale.length > 0 ? 1 : 0
  } else {
    const files = await generatedFiles()
    for (const path of stale) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), files.get(path) as string)
      console.log(`wrote ${path}`)
    }
  }
}
