import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository. */
export const root = join(import.meta.dirname, '../..')

/** Paths of everything that people read: README.md and the guides. */
export const guides: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort(),
]

/**
 * A fenced block of a guide, or an instruction in a comment. The words behind the language say what a block is for:
 *
 * - `file=PATH`: this is the file
 * - `into=PATH`: YAML that is laid over the file; with `under=KEY` its lines go below the line `KEY:`
 * - `run`: shell commands, run against the gateway of the project as it is by now; `run fails`: they must not succeed
 * - `output`: what the block before it prints; `…` stands for anything, on a line of its own for any lines
 * - `elsewhere=PATH`: cannot be run here; the test at PATH proves it
 * - `figure`: nothing to run
 */
export interface Block {
  readonly guide: string
  readonly line: number
  readonly language: string
  readonly marks: ReadonlyMap<string, string>
  readonly content: string
}

const known = ['file', 'into', 'under', 'run', 'fails', 'output', 'elsewhere', 'figure', 'project', 'remove', 'from']
const roles = ['file', 'into', 'run', 'output', 'elsewhere', 'figure', 'project', 'remove']

/**
 * All blocks of a guide in order. Among them are its comments `<!-- project=PATH -->` (from here on the examples extend that project,
 * or `empty`) and `<!-- remove="TEXT" from=PATH -->` (what the prose asks to remove). A block that does not say what it is for is an error.
 */
export function readBlocks(guide: string, text: string = readFileSync(join(root, guide), 'utf8')): Block[] {
  const pattern = /^( *)```(\w*)(.*)\n([\s\S]*?)^\1```$|^<!-- ((?:project|remove)=.*) -->$/gm
  return [...text.matchAll(pattern)].map((match) => {
    const [, , language = '', words = '', content = '', instruction] = match
    const line = text.slice(0, match.index).split('\n').length
    const marks = readMarks(instruction ?? words)
    const place = `${guide}:${line}`
    for (const name of marks.keys())
      if (!known.includes(name)) throw new Error(`${place}: unknown mark '${name}'; there are: ${known.join(', ')}`)
    if (roles.filter((role) => marks.has(role)).length !== 1)
      throw new Error(`${place}: this block does not say what it is for; give it one of: ${roles.join(', ')}`)
    return { guide, line, language, marks, content }
  })
}

function readMarks(words: string): Map<string, string> {
  const found = words.matchAll(/([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)
  return new Map([...found].map(([, name, quoted, plain]) => [name as string, quoted ?? plain ?? '']))
}
