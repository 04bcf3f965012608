import { readFileSync } from 'node:fs'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { isObject } from '../../src/documents/document.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { readOperations } from '../../src/model/operations.ts'
import { type Project, packageUrl } from '../gateway.ts'

/** A project that serves a document as it is: every operation answers 200 once its policies let a request through. */
export function acceptingProject(spec: string): Project {
  const document: unknown = JSON.parse(readFileSync(spec, 'utf8'))
  const components = isObject(document) && isObject(document.components) ? document.components : {}
  const schemes = isObject(components.securitySchemes) ? components.securitySchemes : {}
  return {
    gateway: {
      openapi: spec,
      extensions: ['./target.ts'],
      log: { level: 'silent' },
      defaults: { accept: true },
      operations: publicOperations(spec, document),
      authentication: Object.fromEntries(Object.entries(schemes).map(([name, scheme]) => [name, credentials(scheme)])),
    },
    files: {
      'target.ts': `import { defineTarget, Reply } from '${packageUrl}'
export const accept = defineTarget({ name: 'accept', schema: { type: 'boolean' }, compile: () => () => new Reply(200) })
`,
    },
  }
}

/** What the document does not secure is meant to be public. */
function publicOperations(spec: string, document: unknown): object {
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory: '/', diagnostics })
  const loaded = documents.load(spec)
  if (loaded === undefined) return {}
  const secured = isObject(document) && 'security' in document
  const open = readOperations(loaded, '', documents, diagnostics).filter(({ node }) => !secured && !('security' in node.value))
  return Object.fromEntries(open.map(({ id }) => [id, { access: 'public' }]))
}

const sha256 = '0'.repeat(64)

function credentials(scheme: unknown): object {
  if (isObject(scheme) && scheme.type === 'apiKey') return { apiKey: { keys: [{ id: 'nobody', sha256 }] } }
  if (isObject(scheme) && scheme.scheme === 'basic')
    return { basic: { users: [{ username: 'nobody', password: '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g' }] } }
  return { jwt: { algorithms: ['HS256'], secret: 'x'.repeat(32) } }
}
