import t from 'tap'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { child, type Located } from '../../src/documents/document.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { rootOf } from '../../src/documents/references.ts'

function open(directory: string) {
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory, diagnostics })
  const root = rootOf(documents.load('openapi.yaml')!)
  return { documents, diagnostics, root }
}

t.test('a chain of references is followed across files, and the same reference gives the same object', async (t) => {
  const directory = t.testdir({
    'openapi.yaml': 'a: { $ref: "parts/b.yaml#/x~1y" }\nb: { $ref: "parts/b.yaml#/x~1y" }\nplain: { z: 1 }\n',
    parts: { 'b.yaml': 'x/y: { $ref: "#/deep/0" }\ndeep: [{ $ref: "../openapi.yaml#/plain" }]\n' },
  })
  const { documents, diagnostics, root } = open(directory)
  const found = documents.get(root, 'a')
  t.match(found, { pointer: '/plain', value: { z: 1 } })
  t.equal(documents.get(root, 'b'), found)
  t.equal(documents.get(root, 'a', 'z')?.value, 1)
  t.equal(documents.get(root, 'plain', 'y'), undefined)
  t.same(diagnostics.all, [])
  const node = child(root, 'plain') as Located
  t.equal(documents.follow(node), node, 'a value without $ref is itself')
})

t.test('keys beside a $ref come before those behind it', async (t) => {
  const directory = t.testdir({
    'openapi.yaml': 'item: { $ref: "#/base", get: 1 }\nbase: { get: 2, put: 3 }\nroot: { $ref: "#/item/put" }\n',
  })
  const { documents, root } = open(directory)
  const item = child(root, 'item') as Located
  t.equal(documents.get(item, 'get')?.value, 1)
  t.equal(documents.get(item, 'put')?.value, 3)
  t.equal(documents.get(root, 'root')?.value, 3, 'a pointer may lead through a reference')
})

t.test('a document may refer to itself by the URI that it gives itself', async (t) => {
  const lines = (self: string) => [
    `$self: ${self}`,
    'one: { $ref: "https://example.com/api/v1.yaml#/base" }',
    'two: { $ref: "v1.yaml#/base" }',
    'other: { $ref: "parts.yaml#/base" }',
    'base: { x: 1 }',
  ]
  const directory = t.testdir({
    'openapi.yaml': lines('https://example.com/api/v1.yaml').join('\n'),
    'parts.yaml': 'base: { x: 2 }',
  })
  const { documents, diagnostics, root } = open(directory)
  for (const [key, x] of [
    ['one', 1],
    ['two', 1],
    ['other', 2],
  ] as const)
    t.equal(documents.get(root, key, 'x')?.value, x, key)
  t.same(diagnostics.all, [])
})

t.test('a pointer through a cycle of references ends', async (t) => {
  const directory = t.testdir({ 'openapi.yaml': 'a: { $ref: "#/b/x" }\nb: { $ref: "#/a/y" }\nc: { $ref: "#/c/d" }\n' })
  const { documents, diagnostics, root } = open(directory)
  for (const key of ['a', 'b', 'c']) t.equal(documents.get(root, key), undefined)
  t.ok(diagnostics.hasErrors)
})

t.test('a file that cannot be read is reported wherever it is named', async (t) => {
  const directory = t.testdir({
    'openapi.yaml': 'a: { $ref: "gone.yaml" }\nb: { $ref: "gone.yaml#/x" }\nc: { $ref: "http://x.example/y" }\n',
  })
  const { documents, diagnostics, root } = open(directory)
  for (const key of ['a', 'b', 'c']) t.equal(documents.get(root, key), undefined)
  t.same(
    diagnostics.all.map(({ code, at }) => `${code} ${at?.line}`),
    ['missing-file 1', 'missing-file 2', 'remote-reference 3'],
  )
})
