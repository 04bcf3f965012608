import t from 'tap'
import { hasMaterial } from './conformance.ts'
import { documentFiles, runDocument } from './documents.ts'

/** Documents that are refused, by what and where. */
const refused: Record<string, string> = { 'multi-connexion-relative-refs/swagger.yaml': 'swagger-2 1:10' }

if (!hasMaterial) t.pass('the conformance material is not beside this repository')
for (const file of hasMaterial ? documentFiles() : []) {
  t.test(`gatefold mock ${file}`, async (t) => {
    const { refusal, operations } = await runDocument(t, file)
    t.equal(refusal && `${refusal.code} ${refusal.at?.line}:${refusal.at?.column}`, refused[file])
    t.comment(`${operations.length} operations`)
    t.strictSame(
      operations.filter(({ passed }) => !passed),
      [],
    )
  })
}
