import t from 'tap'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { readOperations } from '../../src/model/operations.ts'
import { type Project, writeProject } from '../gateway.ts'

const ok = { responses: { 200: { description: 'ok' } } }

function operationsOf(t: Parameters<typeof writeProject>[0], document: object, files: Project['files'] = {}): string[] {
  const directory = writeProject(t, { openapi: { openapi: '3.2.0', info: { title: 't', version: '1' }, ...document }, files })
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory, diagnostics })
  const loaded = documents.load('openapi.yaml')
  if (loaded === undefined) throw new Error('cannot read the document')
  return readOperations(loaded, '', documents, diagnostics).map(({ id, method, path }) => `${method} ${path} ${id}`)
}

t.test('a path item has its own operations and those that its $ref adds', async (t) => {
  const paths = { '/a': { $ref: '#/components/pathItems/shared', post: ok } }
  t.strictSame(operationsOf(t, { paths, components: { pathItems: { shared: { get: ok } } } }), ['GET /a getA', 'POST /a postA'])
})

t.test('a path item may lie in another file', async (t) => {
  const files = { 'items.json': JSON.stringify({ one: { get: { operationId: 'there', ...ok } } }) }
  t.strictSame(operationsOf(t, { paths: { '/a': { $ref: 'items.json#/one' } } }, files), ['GET /a there'])
})

t.test('additionalOperations are operations by the method that they name', async (t) => {
  const paths = { '/a': { query: ok, additionalOperations: { COPY: { operationId: 'copyIt', ...ok }, LINK: ok } } }
  t.strictSame(operationsOf(t, { paths }), ['QUERY /a queryA', 'COPY /a copyIt', 'LINK /a linkA'])
})

t.test('the base path is that of the first server, whatever else its URL holds', async (t) => {
  const bases: [server: object, path: string][] = [
    [{ url: 'https://{host}/v{n}/base?x=1#y', variables: { host: { default: 'a.example' }, n: { default: '2' } } }, '/v2/base/a'],
    [{ url: '/' }, '/a'],
    [{ url: 'v1' }, '/v1/a'],
    [{ url: '../v1/' }, '/v1/a'],
    [{ url: 'https://a.example' }, '/a'],
    [{ url: 'localhost:8080/v1' }, '/v1/a'],
    [{ url: 'a.example:443' }, '/a'],
    [{ url: '{base}/x', variables: { base: { default: 'https://a.example/caf%C3%A9' } } }, '/café/x/a'],
  ]
  for (const [server, path] of bases)
    t.strictSame(
      operationsOf(t, { servers: [server], paths: { '/a': { get: ok } } }),
      [`GET ${path} getA`],
      JSON.stringify(server),
    )
})

t.test('a name that is given twice belongs to the first operation', async (t) => {
  const shared = { get: { operationId: 'there', ...ok } }
  const paths = { '/a': { $ref: '#/components/pathItems/shared' }, '/b/{id}': { $ref: '#/components/pathItems/shared' } }
  t.strictSame(operationsOf(t, { paths, components: { pathItems: { shared } } }), ['GET /a there', 'GET /b/{id} getBById'])
})
