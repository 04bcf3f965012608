import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import Type from 'typebox'
import { loadConfig, readConfig } from '../../src/config/load.ts'
import { Duration } from '../../src/config/units.ts'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { type Documents, openDocuments } from '../../src/documents/documents.ts'
import { formatDiagnostics } from '../../src/documents/format.ts'
import { checkOpenApi } from '../../src/documents/openapi-document.ts'
import type { Policy } from '../../src/policies/policy.ts'
import type { Target } from '../../src/targets/target.ts'

// Each directory of golden/ is a project; expected.txt is what `gatefold check` says about its documents, or the model that they
// make. UPDATE_GOLDEN=1 writes the files anew.

interface Case {
  kind?: 'gateway'
  env?: string
  environment?: Record<string, string>
}

const policies = [
  { name: 'timeout', schema: Duration },
  {
    name: 'limit',
    schema: Type.Object(
      { count: Type.Integer({ minimum: 1 }), window: Duration, by: Type.Enum(['ip', 'global'], { default: 'ip' }) },
      { additionalProperties: false },
    ),
  },
] as unknown as Policy[]
const targets = [{ name: 'mock', schema: Type.Boolean() }] as unknown as Target[]

const golden = join(import.meta.dirname, 'golden')

for (const name of readdirSync(golden)) {
  t.test(name, async (t) => {
    const directory = join(golden, name)
    const found = describeProject(directory)
    const file = join(directory, 'expected.txt')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, found)
    t.equal(found, readFileSync(file, 'utf8'))
  })
}

function describeProject(directory: string): string {
  const setup = join(directory, 'case.json')
  const options = (existsSync(setup) ? JSON.parse(readFileSync(setup, 'utf8')) : {}) as Case
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory, diagnostics })
  const files = readdirSync(directory)
  const isGateway = options.kind === 'gateway' || files.some((file) => file.startsWith('gateway.'))
  const model = isGateway ? gatewayModel(directory, documents, diagnostics, options) : openApiModel(files, documents, diagnostics)
  const sourceOf = (file: string) =>
    documents.all().find((document) => document.name === file)?.text ?? readIfText(directory, file)
  const findings = formatDiagnostics(diagnostics.all, 'pretty', { sourceOf })
  return diagnostics.hasErrors ? findings : `${findings}${JSON.stringify(model, null, 2)}\n`
}

function gatewayModel(
  directory: string,
  documents: Documents,
  diagnostics: Diagnostics,
  { env, environment = {} }: Case,
): unknown {
  const source = readConfig({ documents, diagnostics, environment, env }, directory)
  if (source === undefined) return undefined
  const { config, root, defaults, operations } = loadConfig(source, { policies, targets }, diagnostics)
  // Sections that the files do not name would only repeat the schema's defaults.
  const written = Object.entries(config).filter(([section]) => Object.hasOwn(root.value as object, section))
  return {
    config: Object.fromEntries(written),
    defaults: defaults?.value,
    operations: Object.fromEntries([...operations].map(([id, node]) => [id, node.value])),
  }
}

function openApiModel(files: string[], documents: Documents, diagnostics: Diagnostics): unknown {
  const document = documents.load(files.find((file) => file.startsWith('openapi.')) as string)
  if (document === undefined) return undefined
  return { served: checkOpenApi(document, documents, diagnostics), files: documents.all().map(({ name }) => name) }
}

function readIfText(directory: string, file: string): string | undefined {
  const path = join(directory, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
