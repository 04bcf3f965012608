import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Credentials } from './credentials.ts'

/** A connected client of Socket.IO, as far as tests need one; it is a `Socket` of the project's own `socket.io-client`. */
export interface TestSocket {
  readonly id?: string | undefined
  readonly connected: boolean
  on(event: string, listener: (...values: any[]) => void): unknown
  once(event: string, listener: (...values: any[]) => void): unknown
  off(event: string, listener?: (...values: any[]) => void): unknown
  emit(event: string, ...values: unknown[]): unknown
  emitWithAck(event: string, ...values: unknown[]): Promise<any>
  disconnect(): unknown
}

type Connect = (url: string, options: object) => TestSocket

/** Connects as a client with these credentials. Rejects with the refusal, whose `data` is what the gateway says about it. */
export async function openSocket(
  project: string,
  url: string,
  path: string,
  { headers, query }: Credentials,
  options: object = {},
): Promise<TestSocket> {
  const connect = await loadClient(project)
  const socket = connect(url, {
    path,
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders: headers,
    query,
    ...options,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return socket
}

async function loadClient(project: string): Promise<Connect> {
  try {
    const file = createRequire(join(project, 'package.json')).resolve('socket.io-client')
    const { io, default: whole } = (await import(pathToFileURL(file).href)) as { io?: Connect; default: { io: Connect } }
    return io ?? whole.io
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new Error(
      'gateway.socket() needs socket.io-client, which this project has not installed: npm install --save-dev socket.io-client',
    )
  }
}
