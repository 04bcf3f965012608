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
      operations: operationSettings(spec, document),
      authentication: Object.fromEntries(Object.entries(schemes).map(([name, scheme]) => [name, credentials(scheme)])),
    },
    files: {
      'target.ts': `import { defineTarget, Reply } from '${packageUrl}'
export const accept = defineTarget({ name: 'accept', schema: { type: 'boolean' }, compile: () => () => new Reply(200) })
`,
    },
  }
}

/** True when a document says anything about credentials. */
export function isSecured(spec: string): boolean {
  return readFileSync(spec, 'utf8').includes('"security"')
}

/** Every operation is answered by the same target; what the document does not secure is meant to be public. */
function operationSettings(spec: string, document: unknown): object {
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory: '/', diagnostics })
  const loaded = documents.load(spec)
  if (loaded === undefined) return {}
  const securedByDefault = isObject(document) && 'security' in document
  const settings = readOperations(loaded, '', documents, diagnostics).map(({ id, node }) => {
    const open = !securedByDefault && !('security' in node.value)
    return [id, { accept: true, ...(open && { access: 'public' }) }]
  })
  return Object.fromEntries(settings)
}

const sha256 = '0'.repeat(64)

function credentials(scheme: unknown): object {
  if (isObject(scheme) && scheme.type === 'apiKey') return { apiKey: { keys: [{ id: 'nobody', sha256 }] } }
  if (isObject(scheme) && scheme.scheme === 'basic')
    return {
      basic: {
        users: [
          {
            username: 'nobody',
            password: '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
          },
        ],
      },
    }
  return { jwt: { algorithms: ['HS256'], secret: 'x'.repeat(32) } }
}
