import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { outsideTap } from '../outside-tap.ts'

/** Size of the young generation in MiB, after so many objects were in use at a time. */
async function youngAfter(inUse: number, ...options: string[]): Promise<number> {
  const script = join(import.meta.dirname, 'fixtures/allocate.ts')
  const { stdout } = await promisify(execFile)(...outsideTap(process.execPath, [...options, script, String(inUse)]))
  return Number(stdout)
}

t.test('the young generation', async (t) => {
  // Left to itself it is at 32 MiB then, and goes on growing.
  t.ok((await youngAfter(24)) <= 16, 'does not grow with the time that the process is under load')
  t.ok((await youngAfter(1000)) > 16, 'grows where much is in use at a time')
  t.ok((await youngAfter(24, '--max-semi-space-size=32')) > 16, 'is left alone where its size was chosen')
})
