import { existsSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, isObject, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { type Environment, type FilledDocument, interpolate } from '../documents/interpolate.ts'
import { type LayeredDocument, overlayDocuments, singleLayer } from '../documents/overlay.ts'
import { parseDocument } from '../documents/read.ts'
import { rootOf } from '../documents/references.ts'
import type { ConfigOverlay, Overrides } from '../overrides.ts'
import { assembleConfigSchema, type ConfigRegistry } from './assemble.ts'
import { checkConfig } from './checks.ts'
import { coerceFilled } from './coerce.ts'
import { asNode, fillDefaults } from './defaults.ts'
import { GatewayConfig } from './schema.ts'
import { checkSettings } from './validate.ts'

export interface ConfigSource {
  documents: Documents
  diagnostics: Diagnostics
  /** Names for `${NAME}`; see `readEnvironment`. */
  environment: Environment
  /** Path of gateway.yaml, relative to the project directory. */
  file?: string | undefined
  /** The name of an overlay: `gateway.<env>.yaml` beside the file. */
  env?: string | undefined
  /** Laid over the files. */
  overrides?: Overrides['config']
}

/** gateway.yaml, checked. */
export interface LoadedConfig {
  /** Without the layers; sections with errors have their defaults, so that the rest of the boot can be looked at. */
  config: GatewayConfig
  /** The root of the document, for places of further findings. */
  root: Located
  /** The layer that holds for every operation. */
  defaults: Located | undefined
  /** Whether something is wrong with what stands at a pointer, or below it; that was reported. */
  refused: (pointer: string) => boolean
  /** The layers by operationId, in the order of the file. */
  operations: ReadonlyMap<string, Located>
}

/** The file that `readConfig` looks for when none is named. */
export const configNames = ['gateway.yaml', 'gateway.yml', 'gateway.json']

const noConfigHint =
  "'-C DIR' says where it is, '--config FILE' what it is called; 'gatefold init DIR' makes a project, and 'gatefold mock' needs only an OpenAPI document."

/** Reads gateway.yaml with its overlay and fills in placeholders; nothing is checked against the schema yet. */
export function readConfig(
  { documents, diagnostics, environment, file, env, overrides = [] }: ConfigSource,
  directory: string,
): FilledDocument | undefined {
  const name = file ?? configNames.find((candidate) => existsSync(join(directory, candidate))) ?? 'gateway.yaml'
  if (file === undefined && !existsSync(join(directory, name))) {
    diagnostics.error('missing-file', undefined, 'there is no gateway.yaml here', noConfigHint)
    return undefined
  }
  const base = documents.load(name)
  const over = env === undefined ? undefined : documents.load(overlayName(name, env))
  if (base === undefined || (env !== undefined && over === undefined)) return undefined
  for (const document of over ? [base, over] : [base]) {
    if (isObject(document.value)) continue
    diagnostics.error('wrong-type', rootOf(document), `${document.name} must hold an object with the sections of the gateway`)
    return undefined
  }
  const files = over ? overlayDocuments(singleLayer(base), over) : singleLayer(base)
  return interpolate(overrides.reduce(overlayValue, files), environment, diagnostics)

  function overlayValue(written: LayeredDocument, override: NonNullable<Overrides['config']>[number]): LayeredDocument {
    const value = typeof override === 'function' ? override(written.value as ConfigOverlay) : override
    const document = parseDocument(written.file, '(overrides)', JSON.stringify(value, null, 2), diagnostics)
    return document === undefined ? written : overlayDocuments(written, document)
  }
}

/** The modules of `extensions`, before anything else is known: what they export belongs to the schema. */
export function extensionsOf(source: FilledDocument): Located<string>[] {
  const list = child(rootOf(source.document), 'extensions')
  return members(list).flatMap(([, node]) => (typeof node.value === 'string' ? [node as Located<string>] : []))
}

/** Checks gateway.yaml against the schema of these policies and targets, and reports everything at once. */
export function loadConfig(source: FilledDocument, registry: ConfigRegistry, diagnostics: Diagnostics): LoadedConfig {
  const schema = assembleConfigSchema(registry)
  const whole = [...source.written].filter(([, text]) => /^\$\{[^}]*\}$/.test(text)).map(([pointer]) => pointer)
  const value = withoutBlanks(coerceFilled(schema, source.document.value, whole) as Record<string, unknown>)
  const document = { ...source.document, value }
  const root: Located = { document, pointer: '', value }
  const findings = checkSettings(schema, value).filter(({ pointer }) => !source.unfilled.has(pointer))
  for (const { code, pointer, what, message, hint } of findings)
    diagnostics.error(code, document.locate(pointer, what), message, placeHint(pointer, registry) ?? hint)
  const wrong = [...findings.map(({ pointer }) => pointer), ...source.unfilled]
  const config = configOf(value, wrong)
  checkConfig(config, root, diagnostics)
  const operations = child(root, 'operations')
  return {
    config,
    root,
    defaults: child(root, 'defaults'),
    refused: (pointer) => wrong.some((place) => place === pointer || place.startsWith(`${pointer}/`)),
    operations: new Map(isObject(operations?.value) ? members(operations).filter(([, node]) => isObject(node.value)) : []),
  }
}

/** Where a key belongs that stands in the wrong place. */
function placeHint(pointer: string, registry: ConfigRegistry): string | undefined {
  if (pointer === '/defaults/access') return "'access' stands with each operation: operations.<operationId>.access."
  if (/^\/(defaults|operations\/[^/]+)\/security$/.test(pointer))
    return "'security' stands in the OpenAPI document; 'roles' here says which of its callers may."
  return targetHint(pointer, registry) ?? rootHint(pointer.slice(1), registry)
}

/** What people write at the root of the file though it belongs to a section, or to operations. */
function rootHint(name: string, { policies, targets }: ConfigRegistry): string | undefined {
  const sections = asNode(GatewayConfig).properties ?? {}
  if (Object.hasOwn(sections, name)) return undefined
  if (policies.some((policy) => policy.name === name && policy.always !== true))
    return `'${name}' stands under 'defaults', for all operations, or with one: operations.<operationId>.${name}.`
  if (name === 'access' || targets.some((target) => target.name === name))
    return `'${name}' stands with an operation: operations.<operationId>.${name}.`
  const section = Object.keys(sections).find((key) => Object.hasOwn(sections[key]?.properties ?? {}, name))
  return section && `'${name}' stands in '${section}': ${section}.${name}.`
}

/** Why `defaults` takes no target: what answers an operation is never left to what stands elsewhere. */
function targetHint(pointer: string, { targets }: ConfigRegistry): string | undefined {
  const target = targets.find(({ name }) => pointer === `/defaults/${name}`)
  if (target === undefined) return undefined
  const { name } = target
  return `'defaults' holds policies; what answers an operation stands with the operation: operations.<operationId>.${name}. An anchor saves repeating it: ${name}: &shared { … }, then ${name}: *shared.`
}

/** The config without its layers; sections that have something wrong in them are left at their defaults. */
function configOf(value: Record<string, unknown>, wrongPointers: readonly string[]): GatewayConfig {
  const wrong = new Set(wrongPointers.map((pointer) => pointer.split('/', 2)[1]))
  const known = Object.keys(asNode(GatewayConfig).properties ?? {})
  const sections = known.filter((key) => Object.hasOwn(value, key) && !wrong.has(key))
  return fillDefaults(GatewayConfig, Object.fromEntries(sections.map((key) => [key, value[key]]))) as GatewayConfig
}

/**
 * Sections and operations whose keys are all commented out are empty, which is null in YAML: they say nothing. Further down an
 * empty value is an error, since leaving `roles:` blank must not open an operation.
 */
function withoutBlanks(value: Record<string, unknown>): Record<string, unknown> {
  const sections = Object.entries(value).filter(([, section]) => section !== null)
  return Object.fromEntries(
    sections.map(([name, section]) => {
      if (name !== 'operations' || !isObject(section)) return [name, section]
      return [name, Object.fromEntries(Object.entries(section).filter(([, operation]) => operation !== null))]
    }),
  )
}

/** `gateway.yaml` and `production` make `gateway.production.yaml`. */
function overlayName(file: string, env: string): string {
  const extension = extname(file)
  return join(dirname(file), `${basename(file, extension)}.${env}${extension}`)
}
