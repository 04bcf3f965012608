import { Duplex } from 'node:stream'
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'
import { DatabaseUnavailable } from './unavailable.ts'

/** How a stream reaches the embedded database. */
export interface EmbeddedPeer {
  /** The running worker; throws `DatabaseUnavailable` while there is none. */
  worker(): Worker
  /** Called with the worker that has not answered a request for `answerTimeout` milliseconds. */
  onSilence(worker: Worker): void
  readonly answerTimeout: number
}

/**
 * What node-postgres uses for a socket, with the embedded database's worker at the other end. Each write is whole protocol
 * messages (node-postgres corks a statement's messages together) and gets whole answers back.
 */
export class EmbeddedStream extends Duplex {
  readonly #peer: EmbeddedPeer
  #worker: Worker | undefined
  #port: MessagePort | undefined
  #silence: NodeJS.Timeout | undefined

  constructor(peer: EmbeddedPeer) {
    super()
    this.#peer = peer
  }

  connect(): void {
    try {
      this.#worker = this.#peer.worker()
    } catch (error) {
      this.destroy(error as Error)
      return
    }
    const { port1, port2 } = new MessageChannel()
    port1.on('message', (reply: Uint8Array<ArrayBuffer>) => {
      clearTimeout(this.#silence)
      this.push(Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength))
    })
    // The other end closes when the worker ends, whatever the reason.
    port1.once('close', () => this.destroy(new DatabaseUnavailable('the embedded database has ended')))
    this.#worker.postMessage(port2, [port2])
    this.#port = port1
    queueMicrotask(() => this.emit('connect'))
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send([chunk])
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#send(chunks.map(({ chunk }) => chunk))
    done()
  }

  /** Copies, because node-postgres reuses its buffers and a transferred one would be lost to it. */
  #send(chunks: Buffer[]): void {
    const request = new Uint8Array(Buffer.concat(chunks))
    this.#port?.postMessage(request, [request.buffer])
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#peer.onSilence(this.#worker!), this.#peer.answerTimeout)
  }

  override _read(): void {}

  override _final(done: () => void): void {
    done()
    this.destroy()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#silence)
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
