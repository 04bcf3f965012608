import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { type Block, readBlocks, root } from './blocks.ts'
import { difference } from './output.ts'
import { type GuideProject, openProject } from './project.ts'

const run = promisify(execFile)

/**
 * Does what a guide says, from its first block to its last, and holds it to what it promises. Gives the directories of the projects with
 * TypeScript; they stay until the end of `home`.
 */
export async function followGuide(t: Test, guide: string, home: Test): Promise<string[]> {
  let project: GuideProject | undefined
  let printed = ''
  const typed = new Set<GuideProject>()

  async function close(): Promise<void> {
    await project?.check()
    await project?.stop()
  }

  let place = guide
  try {
    for (const block of readBlocks(guide)) {
      const { marks, content, language, line } = block
      place = `${guide}:${line}`
      const other = marks.get('project')
      if (other !== undefined) await close()
      if (other !== undefined || project === undefined) project = await openProject(home, other ?? 'empty')
      if (language === 'ts') typed.add(project)
      if (marks.has('run')) printed = await runCommands(block, project)
      else if (marks.has('output')) holdPromise(t, place, content, printed)
      else edit(block, project)
    }
    await close()
    t.pass(`${guide} was followed`)
  } catch (error) {
    await project?.stop()
    // A reader could not go on either.
    t.fail(`${place}: ${(error as Error).message}`)
  }
  return [...typed].map(({ directory }) => directory)
}

function holdPromise(t: Test, place: string, content: string, printed: string): void {
  const wrong = difference(content, printed)
  if (wrong === undefined) t.pass(`${place} is printed`)
  else t.fail(`${place}: ${wrong}`, { printed })
}

/** Writes what a block shows into the project. */
function edit({ marks, content }: Block, project: GuideProject): void {
  const file = marks.get('file')
  const into = marks.get('into')
  const removed = marks.get('remove')
  const elsewhere = marks.get('elsewhere')
  if (file !== undefined) project.write(file, content)
  else if (removed !== undefined)
    project.write(marks.get('from') as string, replaceOnce(project.read(marks.get('from') as string), removed, ''))
  else if (into !== undefined && marks.has('under')) {
    const line = `\n${marks.get('under')}:\n`
    project.write(into, replaceOnce(project.read(into), line, line + content))
  } else if (into !== undefined) project.merge(into, content)
  else if (elsewhere !== undefined && !existsSync(join(root, elsewhere))) throw new Error(`there is no ${elsewhere}`)
}

function replaceOnce(text: string, old: string, other: string): string {
  if (text.split(old).length !== 2) throw new Error(`'${old.trim()}' does not stand there exactly once`)
  return text.replace(old, () => other)
}

/** Runs a block in the project's directory; gives what it prints. What it sets is there for the blocks behind it. */
async function runCommands({ marks, content }: Block, project: GuideProject): Promise<string> {
  const fails = marks.has('fails')
  const url = fails ? undefined : await project.serve()
  const host = url === undefined ? 'localhost:8000' : new URL(url).host
  const { directory } = project
  const state = join(directory, '.shell')
  if (!existsSync(state)) writeFileSync(state, '')
  const bin = join(directory, '.bin')
  const script = [
    `exec 2>&1; set -a; . ${state}; set -euo pipefail`,
    content.replaceAll('localhost:8000', host),
    // Read-only variables cannot be set again, and where things are changes with the project's directory.
    `declare -p | grep -vE '^declare -([^ ]*r|[^ ]+ (PATH|HOME|PWD|OLDPWD)=)' > ${state}`,
  ].join('\n')
  writeCommand(join(bin, 'npx'), 'command=$1; shift; exec "node_modules/.bin/$command" "$@"')
  writeCommand(join(bin, 'node'), `exec ${JSON.stringify(process.execPath)} "$@"`)
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: directory }
  const ended = await run('bash', ['-c', script], { cwd: directory, env, timeout: 280_000 }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  )
  const output = ended.stdout.replaceAll(host, 'localhost:8000')
  if ((ended.code !== 0) !== fails) throw new Error(`ended with ${ended.code}: ${output}`)
  return output
}

function writeCommand(path: string, script: string): void {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}
