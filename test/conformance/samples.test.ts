import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { readBody, readResponses } from '../../src/model/message-parts.ts'
import { readOperations } from '../../src/model/operations.ts'
import { createSchemaCompiler } from '../../src/schemas/compiler.ts'
import { hasMaterial, materialDirectory } from './conformance.ts'

const directory = join(materialDirectory, 'documents')
const skip = hasMaterial ? false : 'the conformance material is not beside this repository'

function documentFiles(): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => /(?:^[^/]+|\/openapi)\.(?:json|ya?ml)$/.test(file))
}

for (const file of hasMaterial ? documentFiles() : []) {
  t.test(`every body and response of ${file} has a sample that it accepts`, { skip }, async (t) => {
    const diagnostics = new Diagnostics()
    const documents = openDocuments({ directory, diagnostics })
    const document = documents.load(file)
    if (document === undefined) throw new Error(`cannot read ${file}`)
    const compiler = createSchemaCompiler({ documents, diagnostics })
    const without: string[] = []
    let samples = 0
    for (const declared of readOperations(document, '', documents, diagnostics)) {
      const response = readResponses(declared, documents).flatMap(({ content }) => content)
      const request = readBody(declared, documents)?.content ?? []
      for (const [direction, contents] of Object.entries({ request, response })) {
        for (const { schema, range } of contents) {
          if (schema === undefined) continue
          const value = compiler.sample(schema, declared.dialect, direction as 'request' | 'response')
          const errors =
            value === undefined ? ['no value'] : compiler.validator(schema, declared.dialect, direction as 'request')(value)
          if (errors !== undefined) without.push(`${declared.id} ${direction} ${range}`)
          samples++
        }
      }
    }
    compiler.check()
    t.comment(`${samples} samples`)
    t.strictSame(without, [])
    t.strictSame(
      diagnostics.all.filter(({ severity }) => severity === 'error'),
      [],
    )
  })
}
if (!hasMaterial) t.pass(String(skip))
