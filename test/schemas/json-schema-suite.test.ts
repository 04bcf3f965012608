import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { child, type Located } from '../../src/documents/document.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { rootOf } from '../../src/documents/references.ts'
import { createSchemaCompiler, type Validator } from '../../src/schemas/compiler.ts'
import { hasMaterial, materialDirectory } from '../conformance/conformance.ts'

interface SuiteCase {
  readonly id: string
  readonly tier: string
  readonly group: string
  readonly test: string
  readonly spec: string
  readonly request: { readonly path: string; readonly body: string }
  readonly valid: boolean
}

/** Cases that are not met, and why. */
const known: Record<string, string> = {
  'jst20-g382-3': 'its own dialect, without the validation vocabulary, is not named in the document',
}

const skip = hasMaterial ? false : 'the conformance material is not beside this repository'

for (const suite of ['draft2020-12', 'draft4']) {
  t.test(`JSON-Schema-Test-Suite, ${suite}`, { skip }, async (t) => {
    const { cases } = JSON.parse(readFileSync(join(materialDirectory, 'jsonschema', `${suite}.cases.json`), 'utf8')) as {
      cases: SuiteCase[]
    }
    const counts = new Map<string, { passed: number; all: number }>()
    const failed: string[] = []
    const validatorOf = validators()
    for (const one of cases) {
      const count = counts.get(one.tier) ?? { passed: 0, all: 0 }
      counts.set(one.tier, count)
      count.all++
      if ((validatorOf(one)(JSON.parse(one.request.body)) === undefined) === one.valid) count.passed++
      // There formats are annotations; in OpenAPI they are asserted.
      else if (one.tier !== 'format-annotation') failed.push(one.id)
    }
    t.comment([...counts].map(([tier, { passed, all }]) => `${tier} ${passed}/${all}`).join(', '))
    for (const id of failed) t.comment(`${id}: ${known[id] ?? 'unexplained'}`)
    t.strictSame(
      failed.filter((id) => known[id] === undefined),
      [],
    )
  })
}

function validators(): (one: SuiteCase) => Validator {
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory: materialDirectory, diagnostics })
  const compiler = createSchemaCompiler({ documents, diagnostics })
  return ({ spec, request }) => {
    const document = documents.load(spec)
    if (document === undefined) throw new Error(`cannot read ${spec}`)
    const content = documents.get(rootOf(document), 'paths', request.path, 'post', 'requestBody', 'content', 'application/json')
    const dialect = String((document.value as { openapi: unknown }).openapi).startsWith('3.0') ? '3.0' : '3.1'
    return compiler.validator(child(content as Located, 'schema') as Located, dialect, 'request')
  }
}
