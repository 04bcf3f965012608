import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Plan, planGateway } from '../gateway.ts'
import { projectTypes } from '../typescript/project-types.ts'
import type { Command } from './command.ts'
import { report } from './report.ts'

/** The file that is written when nothing else is asked for, from the project directory. */
const usual = 'gatefold.ts'

/** What may still be wrong: a handler is typed before it is written, and one that does not load yet may be waiting for its types. */
const tolerated = new Set(['no-target', 'handler-module-failed', 'duplicate-handler'])

export const types: Command = {
  name: 'types',
  summary: `write TypeScript types for handlers and clients to ${usual}`,
  options: {
    check: { type: 'boolean', describe: 'write nothing; exit code 1 when the file is not up to date' },
    client: { type: 'boolean', describe: 'only what clients need: for a page in a package of its own' },
    out: { type: 'string', value: 'FILE', describe: `the file, from the project directory (default: ${usual})` },
  },
  async run({ gateway, options }) {
    const plan = await planGateway(gateway)
    if (!report(withoutTolerated(plan))) return 1
    const name = (options.out as string | undefined) ?? usual
    const file = resolve(plan.directory, name)
    const text = projectTypes(plan, options.client === true ? 'client' : 'all')
    const found = read(file)
    if (found === text) {
      process.stdout.write(`${name} is up to date\n`)
      return 0
    }
    if (options.check === true) {
      const command = `gatefold types${options.client === true ? ' --client' : ''}${name === usual ? '' : ` --out ${name}`}`
      process.stderr.write(
        `${name} ${found === undefined ? 'is not there' : 'is not up to date'}: run '${command}' and commit it\n`,
      )
      return 1
    }
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    process.stdout.write(`wrote ${name}\n`)
    return 0
  },
}

function withoutTolerated(plan: Plan): Plan {
  const diagnostics = plan.diagnostics.filter(({ code, severity }) => severity === 'error' && !tolerated.has(code))
  return { ...plan, diagnostics }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
