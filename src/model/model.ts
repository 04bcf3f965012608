import { child, type Document, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { nearest } from '../documents/suggest.ts'
import { createEffectiveSettings, type EffectiveSettings, type SettingsInput } from './effective-settings.ts'
import { readBody, readParameters, readResponses } from './message-parts.ts'
import type { Access, Operation } from './operation.ts'
import type { DeclaredOperation } from './operations.ts'
import { decideAccess } from './security.ts'
import type { Layers, Settings } from './settings.ts'

export interface ModelInput extends SettingsInput {
  readonly declared: readonly DeclaredOperation[]
  /** False when the documents hold operations besides, whose names are not known. */
  readonly complete: boolean
  /** `operations` of gateway.yaml as written, by operationId. */
  readonly operations: ReadonlyMap<string, Located>
  /** Under `gatefold mock`: nobody has decided who may call what, and any credential will do. */
  readonly mocking: boolean
  readonly documents: Documents
}

/** The operations as they will run: parts resolved, settings layered, access decided. What is undecided is reported. */
export function buildModel(input: ModelInput): Operation[] {
  reportUnknownOperations(input)
  const settingsOf = createEffectiveSettings(input)
  return input.declared.map((declared) => buildOperation(declared, settingsOf, input))
}

/** What stands for the gateway's own routes and for paths that nobody serves: public, with the settings of `defaults`. */
export function systemOperation(document: Document, input: ModelInput): Operation {
  const node = { document, pointer: '', value: {} }
  return {
    id: 'gatefold',
    derivedId: true,
    method: 'GET',
    path: '',
    document,
    dialect: '3.1',
    node,
    parameters: [],
    body: undefined,
    responses: [],
    access: { kind: 'public' },
    settings: createEffectiveSettings(input)('handler', undefined, node),
    off: new Map(),
    target: 'handler',
  }
}

/** What stands where no access decision could be read: the boot fails, and if it did not, nobody would be admitted. */
const nobody: Access = { kind: 'restricted', alternatives: [] }

function buildOperation(declared: DeclaredOperation, settingsOf: EffectiveSettings, input: ModelInput): Operation {
  const { documents, diagnostics } = input
  const written = input.operations.get(declared.id)
  const layers: Layers = { defaults: input.defaults, operation: written }
  const declaredPublic = written !== undefined && child(written, 'access')?.value === 'public'
  const access = decideAccess(
    { id: declared.id, node: declared.node, root: declared.root, declaredPublic, mocking: input.mocking },
    documents,
    diagnostics,
  )
  const target = chooseTarget(layers, input)
  const settings = settingsOf(target, written, declared.node)
  const { id, derivedId, method, path, document, dialect, node } = declared
  return {
    id,
    derivedId,
    method,
    path,
    document,
    dialect,
    node,
    parameters: readParameters(declared, documents),
    body: readBody(declared, documents),
    responses: readResponses(declared, documents),
    access: access ?? nobody,
    settings,
    off: switchedOff(layers, settings),
    target,
  }
}

/** The nearest layer that names a target decides; without any, the operation's handler answers. */
function chooseTarget(layers: Layers, input: ModelInput): string {
  for (const layer of [layers.operation, layers.defaults]) {
    if (layer === undefined) continue
    const named = input.registry.targets.filter(({ name }) => {
      const written = child(layer, name)
      return written !== undefined && written.value !== false
    })
    const [first, second] = named
    if (first !== undefined && second !== undefined) {
      input.diagnostics.error(
        'several-targets',
        child(layer, second.name),
        `an operation has one target, but '${first.name}' and '${second.name}' are both declared`,
        `remove one of them`,
      )
    }
    if (first !== undefined) return first.name
  }
  return 'handler'
}

/** Where settings were switched off that a layer below declares or that are built in. */
function switchedOff({ defaults, operation }: Layers, settings: Settings): Map<string, Located> {
  const off = new Map<string, Located>()
  for (const layer of [defaults, operation]) {
    for (const [name, node] of members(layer)) if (node.value === false && !settings.has(name)) off.set(name, node)
  }
  return off
}

function reportUnknownOperations({ operations, declared, complete, diagnostics }: ModelInput): void {
  // Of a document that could not be read, nobody knows what it names.
  if (!complete || (declared.length === 0 && diagnostics.hasErrors)) return
  const known = new Set(declared.map((operation) => operation.id))
  for (const [id, node] of operations) {
    if (known.has(id)) continue
    const near = nearest(id, known)
    diagnostics.error(
      'unknown-operation',
      node.document.locate(node.pointer, 'key'),
      `no operation has the operationId '${id}'`,
      near === undefined ? 'the OpenAPI documents name the operations' : `did you mean '${near}'?`,
    )
  }
}
