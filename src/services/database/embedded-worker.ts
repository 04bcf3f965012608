/**
 * The worker thread in which the embedded Postgres lives. It speaks the Postgres wire protocol, one message port per session.
 * There is one backend, so the sessions that follow each other share it and each begins by resetting it.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'

/** What the worker is started with. */
export interface EmbeddedOptions {
  /** Absolute path of the cluster, or `memory://`. */
  cluster: string
}

const { cluster } = workerData as EmbeddedOptions
const database = await PGlite.create(cluster, {
  startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'],
})

async function openSession(port: MessagePort): Promise<void> {
  // Two texts, because several statements in one are a transaction, in which DISCARD is refused.
  await database.exec('ROLLBACK')
  await database.exec('DISCARD ALL')
  port.on('message', async (request: Uint8Array) => {
    const reply = await exchange(request)
    port.postMessage(reply, [reply.buffer])
  })
}

/** Runs one or more whole protocol messages. Streamed, because the other raw call of PGlite keeps every parsed answer for ever. */
async function exchange(request: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  await database.execProtocolRawStream(request, { syncToFs: false, onRawData: (chunk) => chunks.push(chunk.slice()) })
  if (chunks.length === 1) return chunks[0] as Uint8Array<ArrayBuffer>
  const reply = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    reply.set(chunk, offset)
    offset += chunk.length
  }
  return reply
}

parentPort!.on('message', async (message: MessagePort | 'close') => {
  if (message !== 'close') return openSession(message)
  await database.close()
  parentPort!.close()
})
parentPort!.postMessage('ready')
