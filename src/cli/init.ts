import { lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { nearest } from '../documents/suggest.ts'
import { makeDirectory } from '../make-directory.ts'
import { type TemplateName, templateFiles, templates } from '../templates.ts'
import { type Command, UsageError } from './command.ts'

export const init: Command = {
  name: 'init',
  words: ['<dir>'],
  summary: 'start a new project',
  options: {
    template: {
      type: 'string',
      value: 'NAME',
      default: 'minimal',
      describe: `what it begins with: ${Object.keys(templates).join(' or ')} (default: minimal)`,
    },
  },
  configured: false,
  async run({ words, options, gateway }) {
    const template = templateNamed(options.template as string)
    const directory = resolve(gateway.directory ?? '.', words[0] as string)
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false)
      throw new Error(`${shown(directory)} is no directory`)
    const files = projectFiles(template, directory)
    const taken = inTheWay(directory, [...files.keys()])
    if (taken.length > 0) {
      process.stderr.write(
        `gatefold: nothing was written, since ${shown(directory)} has already: ${taken.join(', ')}\nChoose an empty directory, or move these away.\n`,
      )
      return 1
    }
    for (const [path, content] of files) write(join(directory, path), content)
    process.stdout.write(nextSteps(directory, template, [...files.keys()]))
    return 0
  },
}

function templateNamed(name: string): TemplateName {
  if (Object.hasOwn(templates, name)) return name as TemplateName
  const names = Object.keys(templates)
  const near = nearest(name, names)
  throw new UsageError(
    `there is no template '${name}'; ${near === undefined ? `templates are ${names.join(' and ')}` : `did you mean '${near}'?`}`,
  )
}

/** What the project consists of, by path. */
function projectFiles(template: TemplateName, directory: string): Map<string, string> {
  const files = [...templateFiles(template)].map(([path, file]): [string, string] => [path, readFileSync(file, 'utf8')])
  return new Map([['package.json', `${JSON.stringify(packageOf(directory), null, 2)}\n`], ...files])
}

/** Other versions are pinned where they are tested: in this package's own manifest. */
function packageOf(directory: string): object {
  const { name, version, engines, devDependencies } = manifest
  return {
    name: packageName(basename(directory)),
    version: '0.1.0',
    private: true,
    type: 'module',
    engines,
    scripts: {
      dev: 'gatefold dev',
      start: 'gatefold start',
      types: 'gatefold types',
      check: 'gatefold check && gatefold types --check && tsc',
      test: "node --test 'test/**/*.test.ts'",
    },
    dependencies: { [name]: version },
    devDependencies: { '@types/node': devDependencies['@types/node'], typescript: devDependencies.typescript },
  }
}

/** A directory's name as npm allows it. */
function packageName(directory: string): string {
  const name = directory
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
  return name === '' ? 'api' : name
}

/** The paths of files that are there already, and of files where the project needs a directory. */
function inTheWay(directory: string, paths: readonly string[]): string[] {
  const taken = paths.filter((path) => statusOf(join(directory, path)) !== undefined)
  const needed = new Set(paths.map((path) => dirname(path)))
  return [...taken, ...[...needed].filter((path) => statSync(join(directory, path), { throwIfNoEntry: false })?.isFile())]
}

/** A link that leads nowhere is in the way too. */
function statusOf(path: string) {
  try {
    return lstatSync(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code as string)) return undefined
    throw error
  }
}

/** Never overwrites, whatever has happened since the look. */
function write(file: string, content: string): void {
  makeDirectory(dirname(file))
  writeFileSync(file, content, { flag: 'wx' })
}

function nextSteps(directory: string, template: TemplateName, paths: readonly string[]): string {
  const enter = directory === process.cwd() ? [] : [`cd ${quoted(shown(directory))}`]
  const steps = [...enter, 'npm install', 'npm run dev', 'npm test']
  const [files, commands] = [paths, steps].map((lines) => lines.map((line) => `  ${line}`).join('\n'))
  return `A project with ${templates[template]}:\n\n${files}\n\nNext:\n\n${commands}\n`
}

function shown(directory: string): string {
  return relative(process.cwd(), directory) || 'this directory'
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
