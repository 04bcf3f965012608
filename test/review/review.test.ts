import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { formatDiagnostics } from '../../src/documents/format.ts'
import { planGateway } from '../../src/gateway.ts'
import { writeProject } from '../gateway.ts'

// Each directory of golden/ is a project; expected.txt is what `gatefold check` says about it. UPDATE_GOLDEN=1 writes the files anew.

const golden = join(import.meta.dirname, 'golden')

for (const name of readdirSync(golden)) {
  t.test(name, async (t) => {
    const directory = join(golden, name)
    const found = await review(directory)
    const file = join(directory, 'expected.txt')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, found)
    t.equal(found, readFileSync(file, 'utf8'))
  })
}

t.test('keys that do not belong together', async (t) => {
  const [{ publicKey }, { privateKey }] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' })) as [Pair, Pair]
  const jwt = { algorithms: ['ES256'], publicKey: './public.pem', privateKey: './private.pem', audience: 'api' }
  const directory = writeProject(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Keys', version: '1' },
      security: [{ bearer: [] }],
      paths: { '/one': { get: { operationId: 'one', responses: { 200: { description: 'Fine' } } } } },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
    gateway: { authentication: { bearer: { jwt } }, operations: { one: { mock: true } } },
    files: {
      'public.pem': publicKey.export({ type: 'spki', format: 'pem' }) as string,
      'private.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    },
  })
  const plan = await planGateway({ directory, environment: {} })
  t.match(plan.review(), [{ severity: 'error', code: 'wrong-key', at: { file: 'gateway.yaml' } }])
})

type Pair = ReturnType<typeof generateKeyPairSync>

async function review(directory: string): Promise<string> {
  const setup = join(directory, 'case.json')
  const { environment = {} } = existsSync(setup) ? JSON.parse(readFileSync(setup, 'utf8')) : {}
  const plan = await planGateway({ directory, environment })
  const sourceOf = (file: string) => plan.sourceOf(file) ?? readFileSync(join(directory, file), 'utf8')
  return formatDiagnostics(plan.review(), 'pretty', { sourceOf })
}
