import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { configNames } from './config/load.ts'
import type { GatewayConfig } from './config/schema.ts'
import type { Documents } from './documents/documents.ts'
import { environmentFile } from './documents/source.ts'
import { filesOf } from './project-modules.ts'
import { isHandlerModule } from './targets/handler-modules.ts'

/** The files that a boot has read or looked for, by their absolute paths: an edit of one of them may change the gateway. */
export interface Inputs {
  /** Files, those included that are missing. */
  readonly files: ReadonlySet<string>
  /** Directories whose files are read, whichever there are. */
  readonly directories: readonly string[]
  /** Whether a file in one of the directories is read. */
  reads(file: string): boolean
}

export interface InputsOptions {
  readonly directory: string
  /** The configuration file, when one was named. */
  readonly file: string | undefined
  readonly config: GatewayConfig
  readonly documents: Documents
  readonly handlers: string | undefined
}

export function inputsOf({ directory, file, config, documents, handlers }: InputsOptions): Inputs {
  const { migrations } = config.database
  const migrationsDirectory = migrations === undefined ? undefined : resolve(directory, migrations)
  const modules = config.extensions.map((extension) => resolve(directory, extension))
  if (handlers !== undefined) modules.push(...filesBelow(handlers).filter((path) => isHandlerModule(path, handlers)))
  const isMigration = (path: string) => dirname(path) === migrationsDirectory && path.endsWith('.sql')
  return {
    files: new Set([
      ...documents.files(),
      ...(file === undefined ? configNames : [file]).map((name) => resolve(directory, name)),
      join(directory, environmentFile),
      ...keyFiles(config).map((path) => resolve(directory, path)),
      ...modules,
      ...modules.flatMap(filesOf),
    ]),
    directories: [handlers, migrationsDirectory].filter((path) => path !== undefined),
    reads: (path) => isMigration(path) || (handlers !== undefined && isHandlerModule(path, handlers)),
  }
}

function keyFiles({ authentication }: GatewayConfig): string[] {
  return Object.values(authentication).flatMap(({ jwt }) =>
    [jwt?.publicKey, jwt?.privateKey].filter((path) => path !== undefined),
  )
}

function filesBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}
