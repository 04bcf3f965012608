/** Builds the image without an engine: the instructions of the Dockerfile, carried out in a directory for each stage. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readDockerfile, repository, type Stage } from './compose.ts'

/** Carries out all stages below `directory`; gives the directory in which the image's process starts. */
export function buildImage(directory: string): string {
  const roots = new Map<string, string>()
  let workdir = ''
  for (const [index, stage] of readDockerfile().entries()) {
    const root = join(directory, stage.name || `stage-${index}`)
    roots.set(stage.name, root)
    workdir = buildStage(stage, root, roots)
  }
  return workdir
}

function buildStage({ instructions }: Stage, root: string, roots: ReadonlyMap<string, string>): string {
  let workdir = root
  for (const { name, words } of instructions) {
    if (name === 'WORKDIR') {
      workdir = join(root, words)
      mkdirSync(workdir, { recursive: true })
    } else if (name === 'COPY') copy(words, workdir, roots)
    else if (name === 'RUN') execFileSync('/bin/sh', ['-c', words], { cwd: workdir, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return workdir
}

function copy(words: string, workdir: string, roots: ReadonlyMap<string, string>): void {
  const [, from, rest] = /^(?:--from=(\S+) )?(.*)$/.exec(words) ?? []
  const paths = (rest ?? '').split(' ')
  const target = paths.pop() as string
  for (const source of paths) {
    if (from === undefined && !isSent(source)) throw new Error(`.dockerignore keeps ${source} out of the build`)
    const origin = join(from === undefined ? repository : (roots.get(from) as string), source)
    const destination = target.endsWith('/') ? join(workdir, target, basename(source)) : join(workdir, target)
    mkdirSync(dirname(destination), { recursive: true })
    cpSync(origin, destination, { recursive: true })
  }
}

/** Whether .dockerignore lets a path of the repository into the build: it excludes all, and takes back what is named. */
export function isSent(path: string): boolean {
  const lines = readFileSync(join(repository, '.dockerignore'), 'utf8').split('\n')
  return (
    existsSync(join(repository, path)) && lines.some((line) => line.startsWith('!') && `${path}/`.startsWith(`${line.slice(1)}/`))
  )
}

/** Lets the sources stand for the image, where compiling them would take too long: the same words start them. */
export function sourcesAsImage(directory: string): string {
  mkdirSync(join(directory, 'dist'), { recursive: true })
  writeFileSync(join(directory, 'dist/main.js'), `await import(${JSON.stringify(join(repository, 'src/cli/main.ts'))})\n`)
  for (const name of ['openapi.yaml', 'gateway.yaml']) cpSync(join(repository, name), join(directory, name))
  cpSync(join(repository, 'handlers'), join(directory, 'handlers'), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'))
  return directory
}
