/** The `gatefold` command as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Test } from 'tap'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

type Environment = Record<string, string>

/** Nothing that this machine happens to set decides how a command ends; a child of tap would count as a test. */
function launch(args: readonly string[], directory: string, environment: Environment): ChildProcess {
  const { PATH = '', HOME = '' } = process.env
  return spawn(process.execPath, [main, ...args], { cwd: directory, env: { PATH, HOME, ...environment }, stdio: 'pipe' })
}

/** Runs a command to its end, in `directory`. */
export async function gatefold(directory: string, args: readonly string[], environment: Environment = {}): Promise<Ran> {
  const child = launch(args, directory, environment)
  const output = collect(child)
  const [code] = await once(child, 'close')
  return { code, ...output }
}

/** A running `gatefold start`. */
export interface Running {
  child: ChildProcess
  /** What it has written so far. */
  output: { stdout: string; stderr: string }
  /** The server's root as the banner says it. */
  url: string
  /** Its exit code; null when a signal ended it. */
  exited: Promise<number | null>
}

/** Starts a gateway on a free port and waits for its banner; it is gone when the test ends. */
export async function startGatefold(
  t: Test,
  directory: string,
  args: readonly string[] = ['--port', '0'],
  environment: Environment = {},
): Promise<Running> {
  const { child, output, exited } = runGatefold(t, directory, ['start', ...args], environment)
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const url = /^ {2}health +(http:\/\/[^/]+)\/.*\n\n$/ms.exec(output.stdout)?.[1]
      if (url !== undefined) resolve({ child, output, url, exited })
    })
    exited.then((code) => reject(new Error(`gatefold start ended with ${code}: ${output.stdout}${output.stderr}`)))
  })
}

/** Runs a command that goes on until it is told to stop; it is gone when the test ends. */
export function runGatefold(
  t: Test,
  directory: string,
  args: readonly string[],
  environment: Environment = {},
): Omit<Running, 'url'> {
  const child = launch(args, directory, environment)
  t.teardown(() => child.kill('SIGKILL'))
  return { child, output: collect(child), exited: once(child, 'close').then(([code]) => code as number | null) }
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  return output
}
