import type { Registry } from '../compile/registry.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, type Document, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { nearest } from '../documents/suggest.ts'
import { completeSetting } from './complete-setting.ts'
import { readBody, readParameters, readResponses } from './message-parts.ts'
import type { Access, Operation } from './operation.ts'
import type { DeclaredOperation } from './operations.ts'
import { decideAccess } from './security.ts'
import { type Layers, layerSetting, type Setting, type Settings } from './settings.ts'

export interface ModelInput {
  readonly declared: readonly DeclaredOperation[]
  readonly config: GatewayConfig
  /** `defaults` of gateway.yaml as written. */
  readonly defaults: Located | undefined
  /** `operations` of gateway.yaml as written, by operationId. */
  readonly operations: ReadonlyMap<string, Located>
  readonly registry: Registry
  /** Under `gatefold mock`: nobody has decided who may call what, and any credential will do. */
  readonly mocking: boolean
  /** Whether something is wrong with what stands at a pointer of gateway.yaml, or below it; that was reported. */
  readonly refused: (pointer: string) => boolean
  readonly documents: Documents
  readonly diagnostics: Diagnostics
}

/** The operations as they will run: parts resolved, settings layered, access decided. What is undecided is reported. */
export function buildModel(input: ModelInput): Operation[] {
  reportUnknownOperations(input)
  return input.declared.map((declared) => buildOperation(declared, input))
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
    settings: effectiveSettings('handler', { defaults: input.defaults, operation: undefined }, node, input),
    off: new Map(),
    target: 'handler',
  }
}

/** What stands where no access decision could be read: the boot fails, and if it did not, nobody would be admitted. */
const nobody: Access = { kind: 'restricted', alternatives: [] }

function buildOperation(declared: DeclaredOperation, input: ModelInput): Operation {
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
  const settings = effectiveSettings(target, layers, declared.node, input)
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

function effectiveSettings(target: string, layers: Layers, owner: Located, input: ModelInput): Settings {
  const settings = new Map<string, Setting>()
  const declarable = input.registry.policies.filter((policy) => !policy.always)
  const parts = [...declarable, ...input.registry.targets.filter(({ name }) => name === target)]
  for (const part of parts) {
    if (settings.has(part.name)) continue
    const builtIn =
      'default' in part ? (typeof part.default === 'function' ? part.default(input.config) : part.default) : undefined
    if (isRefused(part.name, layers, input)) continue
    const layered = layerSetting(part.name, builtIn, layers)
    const complete = layered && completeSetting(part.name, part.schema, layered, owner, input.diagnostics)
    if (complete !== undefined) settings.set(part.name, complete)
  }
  return settings
}

/** What is wrong in one layer would be found a second time in the layers laid over each other. */
function isRefused(name: string, { defaults, operation }: Layers, { refused }: ModelInput): boolean {
  return [defaults, operation].some((layer) => {
    const written = layer && child(layer, name)
    return written !== undefined && refused(written.pointer)
  })
}

/** Where settings were switched off that a layer below declares or that are built in. */
function switchedOff({ defaults, operation }: Layers, settings: Settings): Map<string, Located> {
  const off = new Map<string, Located>()
  for (const layer of [defaults, operation]) {
    for (const [name, node] of members(layer)) if (node.value === false && !settings.has(name)) off.set(name, node)
  }
  return off
}

function reportUnknownOperations({ operations, declared, diagnostics }: ModelInput): void {
  // Of a document that could not be read, nobody knows what it names.
  if (declared.length === 0 && diagnostics.hasErrors) return
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
