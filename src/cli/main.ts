#!/usr/bin/env node
import { nearest } from '../documents/suggest.ts'
import { check } from './check.ts'
import { type Command, runCommand, UsageError } from './command.ts'
import { explain } from './explain.ts'
import { routes } from './routes.ts'
import { schema } from './schema.ts'
import { start } from './start.ts'
import { token } from './token.ts'

const commands: readonly Command[] = [start, check, routes, explain, schema, token]

/** The `gatefold` command. Exit code 0: fine; 1: problems were found; 2: the words were wrong. */
async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview())
    return name === undefined ? 2 : 0
  }
  const command = commands.find((candidate) => candidate.name === name)
  if (command !== undefined) return runCommand(command, args)
  const near = nearest(
    name,
    commands.map((candidate) => candidate.name),
  )
  throw new UsageError(`there is no command '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`)
}

function overview(): string {
  const rows = commands.map(({ name, words = [], summary }) => `  ${[name, ...words].join(' ').padEnd(24)} ${summary}`)
  return `gatefold <command> [options]: two YAML files in, a policed live API out\n\n${rows.join('\n')}\n\n'gatefold <command> --help' says more.\n`
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const usage = error instanceof UsageError
  process.stderr.write(`gatefold: ${(error as Error).message}\n${usage ? "Try 'gatefold --help'.\n" : ''}`)
  process.exitCode = usage ? 2 : 1
}
