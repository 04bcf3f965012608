import { writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { planGateway } from '../gateway.ts'
import { makeDirectory } from '../make-directory.ts'
import { projectTypes } from '../typescript/project-types.ts'
import type { Command } from './command.ts'
import { report } from './report.ts'
import { faultsOf, readTypes, usualFile } from './type-file.ts'

export const types: Command = {
  name: 'types',
  summary: `write TypeScript types for handlers and clients to ${usualFile}`,
  options: {
    check: { type: 'boolean', describe: 'write nothing; exit code 1 when the file is not up to date' },
    client: { type: 'boolean', describe: 'only what clients need: for a page in a package of its own' },
    out: { type: 'string', value: 'FILE', describe: `the file, from the project directory (default: ${usualFile})` },
  },
  async run({ gateway, options }) {
    const plan = await planGateway(gateway)
    if (!report({ ...plan, diagnostics: faultsOf(plan) })) return 1
    const name = (options.out as string | undefined) ?? usualFile
    const file = resolve(plan.directory, name)
    const text = projectTypes(plan, options.client === true ? 'client' : 'all')
    const found = readTypes(file)
    if (found === text) {
      process.stdout.write(`${name} is up to date\n`)
      return 0
    }
    if (options.check === true) {
      const command = `gatefold types${options.client === true ? ' --client' : ''}${name === usualFile ? '' : ` --out ${name}`}`
      process.stderr.write(
        `${name} ${found === undefined ? 'is not there' : 'is not up to date'}: run '${command}' and commit it\n`,
      )
      return 1
    }
    makeDirectory(dirname(file))
    writeFileSync(file, text)
    process.stdout.write(`wrote ${name}\n`)
    return 0
  },
}
