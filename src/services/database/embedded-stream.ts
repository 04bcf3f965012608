import { Duplex } from 'node:stream'
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'

/**
 * What node-postgres uses for a socket, with the embedded database's worker at the other end. Each write is whole protocol
 * messages (node-postgres corks a statement's messages together) and gets whole answers back.
 */
export class EmbeddedStream extends Duplex {
  readonly #worker: () => Worker
  #port: MessagePort | undefined

  /** `worker` gives the running worker or throws `DatabaseUnavailable`. */
  constructor(worker: () => Worker) {
    super()
    this.#worker = worker
  }

  connect(): void {
    try {
      const worker = this.#worker()
      const { port1, port2 } = new MessageChannel()
      port1.on('message', (reply: Uint8Array<ArrayBuffer>) =>
        this.push(Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength)),
      )
      port1.once('close', () => this.destroy())
      worker.postMessage(port2, [port2])
      this.#port = port1
      queueMicrotask(() => this.emit('connect'))
    } catch (error) {
      queueMicrotask(() => this.destroy(error as Error))
    }
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#send([chunk])
    done()
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: () => void): void {
    this.#send(chunks.map(({ chunk }) => chunk))
    done()
  }

  /** Copies, because node-postgres reuses its buffers and a transferred one would be lost to it. */
  #send(chunks: Uint8Array[]): void {
    const request = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
    let offset = 0
    for (const chunk of chunks) {
      request.set(chunk, offset)
      offset += chunk.length
    }
    this.#port?.postMessage(request, [request.buffer])
  }

  override _read(): void {}

  override _final(done: () => void): void {
    done()
    this.destroy()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#port?.close()
    done(error)
  }

  /** Socket options that mean nothing here but that node-postgres sets. */
  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    this.#port?.ref()
    return this
  }

  unref(): this {
    this.#port?.unref()
    return this
  }
}
