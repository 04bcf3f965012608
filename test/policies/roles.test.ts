import t from 'tap'
import { Problem } from '../../src/errors.ts'
import { roles } from '../../src/policies/roles.ts'

const restricted = { id: 'op', access: { kind: 'restricted' }, settings: new Map() }

function admits(config: unknown, held: string[] | undefined): boolean {
  const { before } = roles.compile(config as never, restricted as never, {} as never) ?? {}
  const result = before?.({ principal: held && { roles: held } } as never)
  if (result instanceof Problem) return result.status !== 403
  return result === undefined
}

t.test('who is admitted', (t) => {
  const table: [config: unknown, held: string[] | undefined, expected: boolean][] = [
    [['a'], ['a'], true],
    [['a', 'b'], ['b'], true],
    [['a'], ['A'], false],
    [['a'], [], false],
    [['a'], undefined, false],
    [{ any: ['a', 'b'] }, ['b'], true],
    [{ all: ['a', 'b'] }, ['b'], false],
    [{ all: ['a', 'b'] }, ['b', 'a', 'c'], true],
    [{ any: ['a', 'b'], all: ['c'] }, ['a'], false],
    [{ any: ['a', 'b'], all: ['c'] }, ['c'], false],
    [{ any: ['a', 'b'], all: ['c'] }, ['c', 'b'], true],
  ]
  for (const [config, held, expected] of table) t.equal(admits(config, held), expected, JSON.stringify([config, held]))
  t.end()
})

t.test('roles of the defaults mean operations that know their callers', (t) => {
  const found: string[] = []
  const tools = { diagnostics: { error: (code: string) => found.push(code) } }
  const compile = (layer: string) => {
    const settings = new Map([['roles', { value: ['a'], origins: new Map([['', { layer }]]), node: undefined }]])
    return roles.compile(['a'], { ...restricted, access: { kind: 'public' }, settings } as never, tools as never)
  }
  t.equal(compile('defaults'), undefined)
  t.same(found, [])
  t.equal(compile('operation'), undefined)
  t.same(found, ['roles-without-caller'])
  t.end()
})
