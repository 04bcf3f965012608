import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import settings from '../../tsconfig.json' with { type: 'json' }
import { outsideTap } from '../outside-tap.ts'
import { root } from './blocks.ts'

const folders = ['handlers', 'extensions', 'clients', 'test', '*.ts']

/** What the compiler says about the TypeScript of these projects, with the types that the package brings; empty when all is right. */
export async function typeErrors(projects: readonly string[]): Promise<string> {
  const [first] = projects
  if (first === undefined) return ''
  const include = [join(root, 'src/**/*.d.ts'), ...projects.flatMap((project) => folders.map((folder) => join(project, folder)))]
  const config = join(first, 'tsconfig.guides.json')
  writeFileSync(config, JSON.stringify({ compilerOptions: settings.compilerOptions, include }))
  return promisify(execFile)(...outsideTap(join(root, 'node_modules/.bin/tsc'), ['-p', config])).then(
    () => '',
    ({ stdout, stderr }) => stdout || stderr,
  )
}
