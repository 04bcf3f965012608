/**
 * The worker thread in which the embedded Postgres lives. It speaks the Postgres wire protocol, one message port per session.
 * There is one backend, so the sessions that follow each other share it and each begins by resetting it.
 */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'

/** What the worker is started with. */
export interface EmbeddedOptions {
  /** Absolute path of the directory with the cluster's files; made when it is missing. */
  cluster: string
}

const { cluster } = workerData as EmbeddedOptions
/** The last lines that Postgres wrote to its log: without them a failed start says nothing. */
const serverLog: string[] = []
const database = await openCluster()

async function openCluster(): Promise<PGlite> {
  try {
    if (!existsSync(join(cluster, 'PG_VERSION'))) await createCluster()
    return await openDirectory(cluster)
  } catch (error) {
    // Failures of Emscripten's file system are objects with a number and without a message.
    const reason = error instanceof Error ? error.message : JSON.stringify(error)
    throw new Error([reason, ...serverLog].join(' '), { cause: error })
  }
}

/** Made beside its place and renamed when it is complete, so that an interrupted first start leaves nothing half made. */
async function createCluster(): Promise<void> {
  const unfinished = `${cluster}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  const created = await openDirectory(unfinished)
  await created.close()
  rmSync(cluster, { recursive: true, force: true })
  renameSync(unfinished, cluster)
}

function openDirectory(directory: string): Promise<PGlite> {
  return PGlite.create(directory, {
    startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'],
    // Write-ahead files of 1 MB rather than 16: the least that a cluster takes on disk is then 30 MB.
    initDbStartParams: ['--wal-segsize=1'],
    onStderr(line) {
      serverLog.push(line)
      if (serverLog.length > 5) serverLog.shift()
      return false
    },
  })
}

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
  const chunks: Uint8Array<ArrayBuffer>[] = []
  const onRawData = (chunk: Uint8Array) => chunks.push(new Uint8Array(chunk))
  await database.execProtocolRawStream(request, { syncToFs: false, onRawData })
  return chunks.length === 1 ? chunks[0]! : new Uint8Array(Buffer.concat(chunks))
}

parentPort!.on('message', async (message: MessagePort | 'close') => {
  if (message !== 'close') return openSession(message)
  await database.close()
  parentPort!.close()
})
parentPort!.postMessage('ready')
