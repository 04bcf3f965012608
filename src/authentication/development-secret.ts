import { randomBytes } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { makeDirectory } from '../make-directory.ts'

/** How often, and after how many milliseconds each, a file is looked at again that another process has made and not written yet. */
const patience = { looks: 100, pause: 20 }

/**
 * The secret that signs tokens where none is configured: made once per data directory, readable by its owner only. Of two
 * processes that start at once one writes, and both read what was written.
 */
export async function developmentSecret(file: string): Promise<string> {
  try {
    makeDirectory(dirname(file))
  } catch (error) {
    refuse(file, error as Error)
  }
  const made = randomBytes(48).toString('base64url')
  try {
    await writeFile(file, made, { flag: 'wx', mode: 0o600 })
    return made
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') refuse(file, error as Error)
  }
  const kept = await readKept(file)
  if (Buffer.byteLength(kept) < 32) throw new Error(`${file} holds no usable secret; delete it, and a new one is made`)
  await chmod(file, 0o600)
  return kept
}

async function readKept(file: string): Promise<string> {
  let kept = ''
  for (let look = 1; kept === '' && look <= patience.looks; look++) {
    if (look > 1) await wait(patience.pause)
    kept = (await readFile(file, 'utf8')).trim()
  }
  return kept
}

function refuse(file: string, cause: Error): never {
  const advice = 'choose another database.dataDir, or set jwt.secret'
  throw new Error(`the generated secret cannot be kept in ${file}: ${cause.message}; ${advice}`, { cause })
}
