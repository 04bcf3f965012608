import manifest from '../../package.json' with { type: 'json' }
import { nearest } from '../documents/suggest.ts'
import { asyncapi } from './asyncapi.ts'
import { check } from './check.ts'
import { type Command, readWords, runCommand, UsageError } from './command.ts'
import { dev } from './dev.ts'
import { explain } from './explain.ts'
import { init } from './init.ts'
import { mock } from './mock.ts'
import { openapi } from './openapi.ts'
import { routes } from './routes.ts'
import { schema } from './schema.ts'
import { start } from './start.ts'
import { token } from './token.ts'
import { types } from './types.ts'

/** In the order in which the overview lists them. */
export const commands: readonly Command[] = [
  init,
  start,
  dev,
  check,
  routes,
  explain,
  mock,
  openapi,
  asyncapi,
  schema,
  token,
  types,
]

/** The `gatefold` command. Exit code 0: fine; 1: problems were found; 2: the words were wrong. */
export async function main(words: readonly string[]): Promise<number> {
  const { name, args } = readWords(words)
  if (name === 'help' && args[0] !== undefined) return answer(args[0], ['--help'])
  if (name !== undefined && name !== 'help') return answer(name, args)
  if (args.includes('--version')) {
    process.stdout.write(`${manifest.version}\n`)
    return 0
  }
  const asked = name === 'help' || args.includes('--help') || args.includes('-h')
  const stream = asked ? process.stdout : process.stderr
  stream.write(overview())
  return asked ? 0 : 2
}

async function answer(name: string, args: readonly string[]): Promise<number> {
  try {
    return await runCommand(commandNamed(name), args)
  } catch (error) {
    const help = commands.some((command) => command.name === name) ? `${name} --help` : '--help'
    const usage = error instanceof UsageError
    process.stderr.write(`gatefold: ${(error as Error).message}\n${usage ? `Try 'gatefold ${help}'.\n` : ''}`)
    return usage ? 2 : 1
  }
}

function commandNamed(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name)
  if (command !== undefined) return command
  const near = nearest(
    name,
    commands.map((candidate) => candidate.name),
  )
  throw new UsageError(`there is no command '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`)
}

function overview(): string {
  const rows = commands.map(({ name, words = [], summary }) => `  ${[name, ...words].join(' ').padEnd(24)} ${summary}`)
  return `gatefold <command> [options]: two YAML files in, a policed live API out\n\n${rows.join('\n')}\n\n'gatefold <command> --help' says more, 'gatefold --version' which one this is.\n`
}
