import type { Test } from 'tap'
import { countByTier, hasMaterial, materialDirectory, type Result } from './conformance.ts'
import { disputed } from './disputed.ts'
import { documentFiles, runDocument } from './documents.ts'
import { runParameterCases, runRequestCases, runSchemaCases } from './suites.ts'

// `npm run conformance`: the counts of all suites by tier, and every case that fails with its reason. Exits 1 when one has none.

const endings: (() => unknown)[] = []
/** What the suites need of a test: somebody who tidies up. */
const owner = { teardown: (ending: () => unknown) => void endings.push(ending) } as unknown as Test

async function documents(): Promise<Result[]> {
  const results: Result[] = []
  for (const file of documentFiles()) {
    const { refusal, operations } = await runDocument(owner, file)
    if (refusal !== undefined) print(`  ${file} is refused at ${refusal.at?.line}:${refusal.at?.column}: ${refusal.message}`)
    results.push(...operations)
  }
  return results
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

const suites: Record<string, () => Promise<Result[]>> = {
  'param-decode': () => runParameterCases(owner),
  libopenapi: () => runRequestCases(owner),
  'JSON Schema 2020-12': () => runSchemaCases(owner, 'draft2020-12'),
  'JSON Schema, 3.0 dialect': () => runSchemaCases(owner, 'draft4'),
  'documents (operations)': documents,
}

if (!hasMaterial) throw new Error(`there is no conformance material at ${materialDirectory}`)
const failed: Result[] = []
for (const [name, run] of Object.entries(suites)) {
  const results = await run()
  print(`${name.padEnd(26)} ${countByTier(results)}; 5xx: ${results.filter(({ status }) => status >= 500).length}`)
  for (const result of results.filter(({ passed }) => !passed)) {
    failed.push(result)
    print(`  ${result.id} (${result.tier}): ${result.difference} – ${disputed[result.id] ?? 'unexplained'}`)
  }
}
for (const ending of endings.reverse()) await ending()
if (failed.some(({ id }) => disputed[id] === undefined)) process.exitCode = 1
