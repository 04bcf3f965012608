import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { planGateway } from '../../src/gateway.ts'
import { projectTypes } from '../../src/typescript/project-types.ts'

const golden = join(import.meta.dirname, 'golden')

const projects = [...readdirSync(golden).map((name) => join(golden, name)), join(import.meta.dirname, '../client/project')]

// UPDATE_GOLDEN=1 writes the files anew.
for (const directory of projects) {
  t.test(`the types of ${relative(import.meta.dirname, directory)}`, async (t) => {
    const plan = await planGateway({ directory, environment: {} })
    const wrong = plan.diagnostics.filter(({ code, severity }) => severity === 'error' && code !== 'no-target')
    t.strictSame(wrong, [])
    const found = projectTypes(plan)
    const file = join(directory, 'gatefold.ts')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, found)
    t.equal(found, readFileSync(file, 'utf8'))
  })
}
