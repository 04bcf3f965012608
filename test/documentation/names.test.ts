import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { commonOptions } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/command-line.ts'
import { builtIns } from '../../src/gateway.ts'
import { guides, root } from './blocks.ts'

const text = (path: string) => readFileSync(join(root, path), 'utf8')

/** The keys of gateway.yaml as the reference lists them. */
const keys = [...text('src/config/generated/gateway-yaml.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, key = '']) =>
  key.replaceAll('[]', ''),
)
const sections = new Set(keys.map((key) => key.split('.')[0] as string))
const parts = new Set([...builtIns.policies, ...builtIns.targets].map(({ name }) => name))

/** Whether a key is in the reference, in full (`operations.<id>.task.retries`) or from a policy or target on (`task.retries`). */
function isKey(named: string): boolean {
  const segments = named.split('.')
  const candidates = parts.has(segments[0] as string) ? [`operations.<name>.${named}`, `defaults.${named}`, named] : [named]
  return candidates.some((candidate) => keys.some((key) => sameKey(key.split('.'), candidate.split('.'))))
}

function sameKey(key: readonly string[], named: readonly string[]): boolean {
  return key.length >= named.length && named.every((segment, i) => segment === key[i] || key[i] === '<name>')
}

/** Text between backticks that looks like a key: words joined by dots, of which the first is a section, policy or target. */
function namedKeys(markdown: string): string[] {
  const prose = markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, '')
  const spans = [...prose.matchAll(/`([a-z]\w*(?:\.(?:\w+|<\w+>))+)`/g)].map(([, span = '']) => span)
  return spans.filter((span) => {
    const first = span.split('.')[0] as string
    return (sections.has(first) || parts.has(first)) && !/\.(ya?ml|json|ts|md)$/.test(span)
  })
}

/** What stands behind `gatefold` wherever it is called as a command. */
function namedCommands(markdown: string): string[] {
  const found = markdown.matchAll(/(?:npx gatefold|npm run gatefold --|`gatefold|^ *gatefold) ((?:-C \S+ )?[a-z][^`\n|#;>]*)/gm)
  return [...found].map(([, words = '']) => words.trim())
}

for (const guide of guides) {
  t.test(`names in ${guide}`, async (t) => {
    const markdown = text(guide)
    for (const key of namedKeys(markdown)) t.ok(isKey(key), `${key} is a key of gateway.yaml`)
    for (const words of namedCommands(markdown)) {
      const [name, ...rest] = words.replace(/^-C \S+ /, '').split(/\s+/)
      const command = commands.find((command) => command.name === name)
      t.ok(command, `gatefold ${name} is a command`)
      const options = { ...command?.options, ...commonOptions }
      for (const option of rest.filter((word) => /^--\w/.test(word)))
        t.ok(Object.hasOwn(options, option.slice(2).replace(/[=)].*/, '')), `gatefold ${name} has ${option}`)
    }
  })
}

t.test('README lists every command, and only those', (t) => {
  const [, table = ''] = /^## Command line$([\s\S]*?)^## /m.exec(text('README.md')) ?? []
  const cells = [...table.matchAll(/^\| (`.*?) \| /gm)].map(([, cell = '']) => cell)
  const listed = cells.flatMap((cell) => [...cell.matchAll(/`([a-z]+)\b/g)].map(([, name]) => name as string))
  const all = commands.map(({ name }) => name)
  t.strictSame(listed.toSorted(), all.toSorted())
  t.end()
})

t.test('every policy that can be declared has its part of the guide', (t) => {
  const guide = text('docs/policies.md')
  for (const { name, always } of builtIns.policies) if (!always) t.match(guide, `## \`${name}\``)
  t.end()
})
