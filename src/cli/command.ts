import { statSync } from 'node:fs'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '../documents/suggest.ts'
import type { GatewayOptions } from '../gateway.ts'

type OptionSpec = NonNullable<ParseArgsConfig['options']>[string] & {
  /** What the option does, for `--help`. */
  describe: string
  /** Name of its value in `--help`, for example `N`. */
  value?: string
}

/** One command of the command line. */
export interface Command {
  readonly name: string
  /** One line for the overview. */
  readonly summary: string
  /** Names of the words that it takes, for example `<operationId>`. */
  readonly words?: readonly string[]
  readonly options?: Readonly<Record<string, OptionSpec>>
  /** False when it reads no gateway.yaml: `--config` and `--env` mean nothing then. */
  readonly configured?: false
  /** Gives the exit code: 0 fine, 1 problems found. */
  run(call: Call): Promise<number>
}

/** What was asked of a command. */
export interface Call {
  readonly words: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | string[] | undefined>>
  /** From the options that commands have in common. */
  readonly gateway: GatewayOptions
}

/** The words on the command line make no sense; exit code 2. */
export class UsageError extends Error {}

const directory: OptionSpec = { type: 'string', short: 'C', value: 'DIR', describe: 'the project directory (default: here)' }
const config: OptionSpec = { type: 'string', value: 'FILE', describe: 'the configuration file (default: gateway.yaml)' }
const env: OptionSpec = { type: 'string', value: 'NAME', describe: 'lay gateway.NAME.yaml over it' }
const help: OptionSpec = { type: 'boolean', short: 'h', describe: 'show this help' }

/** The options that commands have in common. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = { directory, config, env, help }

/** Finds the command's name; the options that commands have in common may stand before it too (`gatefold -C elsewhere check`). */
export function readWords(words: readonly string[]): { name: string | undefined; args: readonly string[] } {
  const { tokens } = parseArgs({ args: [...words], options: commonOptions, strict: false, tokens: true })
  const first = tokens.find((token) => token.kind === 'positional')
  return first === undefined ? { name: undefined, args: words } : { name: first.value, args: words.toSpliced(first.index, 1) }
}

/** Reads the words behind a command's name and runs it; `--help` shows how to use it. */
export async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  const options = { ...command.options, ...(command.configured === false ? { directory, help } : commonOptions) }
  const { values, positionals } = parse(command, args, options)
  if (values.help === true) {
    process.stdout.write(commandHelp(command, options))
    return 0
  }
  const wanted = command.words ?? []
  const required = wanted.filter((word) => word.startsWith('<'))
  if (positionals.length < required.length) throw new UsageError(`'${command.name}' needs ${required[positionals.length]}`)
  if (positionals.length > wanted.length) throw new UsageError(`'${command.name}' takes no '${positionals[wanted.length]}'`)
  const project = values.directory as string | undefined
  if (project !== undefined && !isDirectory(project)) throw new UsageError(`there is no directory '${project}'`)
  const gateway: GatewayOptions = {
    directory: project,
    file: values.config as string | undefined,
    env: values.env as string | undefined,
  }
  return command.run({ words: positionals, options: values, gateway })
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

type Parsed = { values: Call['options']; positionals: string[] }

function parse(command: Command, args: readonly string[], options: Readonly<Record<string, OptionSpec>>): Parsed {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true }) as Parsed
  } catch (error) {
    const { message } = error as Error
    const unfinished = /Option '(?:-\w, )?--([^ ']+)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(message)?.[1]
    if (unfinished !== undefined) throw new UsageError(`'--${unfinished}' needs ${options[unfinished]?.value}`)
    const unknown = /Unknown option '(-[^']*)'/.exec(message)?.[1]
    if (unknown === undefined) throw new UsageError(message.split('\n')[0])
    const near = nearest(unknown.replace(/^-+/, ''), Object.keys(options))
    throw new UsageError(`'${command.name}' has no option '${unknown}'${near === undefined ? '' : `; did you mean '--${near}'?`}`)
  }
}

function commandHelp(command: Command, options: Readonly<Record<string, OptionSpec>>): string {
  const rows = Object.entries(options).map(([name, { short, value, describe }]) => {
    const left = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
    return `  ${left.padEnd(26)} ${describe}`
  })
  const words = (command.words ?? []).map((word) => ` ${word}`).join('')
  return `gatefold ${command.name}${words} [options]\n\n  ${command.summary}\n\nOptions:\n${rows.join('\n')}\n`
}
