import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configNames } from './load.ts'

/**
 * The OpenAPI document that a gateway.yaml names which cannot be read, so that what is wrong with it can be said in the same run:
 * the one that its text seems to name, else the usual one; none when there is no such file.
 */
export function openApiBeside(
  directory: string,
  file = configNames.find((name) => existsSync(join(directory, name))),
): string | [] {
  const named =
    file === undefined ? undefined : /^["']?openapi["']?:[ \t]*["']?([^\s"'#[\]{},]+)/m.exec(textOf(join(directory, file)))?.[1]
  const path = named === undefined ? 'openapi.yaml' : join(file === undefined ? '.' : dirname(file), named)
  return existsSync(join(directory, path)) ? path : []
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
