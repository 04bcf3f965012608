/** The yaml-language-server as editors run it: a process that speaks the Language Server Protocol over its standard streams. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import { outsideTap } from '../outside-tap.ts'

const program = join(import.meta.dirname, '../../node_modules/yaml-language-server/bin/yaml-language-server')

/** What editors set; nothing is fetched from anywhere. */
const settings = {
  validate: true,
  hover: true,
  completion: true,
  schemaStore: { enable: false },
  kubernetesCRDStore: { enable: false },
}

export interface Finding {
  message: string
  range: { start: { line: number; character: number }; end: { line: number; character: number } }
}

export interface Editor {
  /** Opens a document and gives what is wrong with it. */
  open(file: string, text: string): Promise<Finding[]>
  /** Labels that are offered at a place of an open document; both count from 0. */
  complete(file: string, line: number, character: number): Promise<string[]>
  /** What is shown over a place of an open document. */
  hover(file: string, line: number, character: number): Promise<string>
}

interface Message {
  id?: number | string
  method?: string
  params?: any
  result?: any
  error?: { message: string }
}

export async function startEditor(t: Test): Promise<Editor> {
  const child = spawn(...outsideTap(process.execPath, [program, '--stdio']), { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const answers = new Map<number, (message: Message) => void>()
  const findings = new Map<string, (found: Finding[]) => void>()
  let received = Buffer.alloc(0)
  let lastId = 0

  const send = (message: Message) => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }
  const ask = (method: string, params: unknown) =>
    new Promise<any>((resolve, reject) => {
      const id = ++lastId
      answers.set(id, ({ result, error }) => (error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)))
      send({ id, method, params })
    })

  function accept(message: Message): void {
    const { id, method, params } = message
    if (method === 'textDocument/publishDiagnostics') findings.get(params.uri)?.(params.diagnostics)
    else if (method === 'workspace/configuration') {
      const result = params.items.map(({ section }: { section: string }) => (section === 'yaml' ? settings : null))
      send({ id: id as number, result })
    } else if (method !== undefined && id !== undefined) send({ id, result: null })
    else if (method === undefined) answers.get(id as number)?.(message)
  }

  child.stdout.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    for (;;) {
      const end = received.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/i.exec(received.subarray(0, Math.max(0, end)).toString())?.[1])
      if (end === -1 || received.length < end + 4 + length) return
      accept(JSON.parse(received.subarray(end + 4, end + 4 + length).toString()))
      received = received.subarray(end + 4 + length)
    }
  })

  const capabilities = { textDocument: { hover: { contentFormat: ['plaintext'] } }, workspace: { configuration: true } }
  await ask('initialize', { processId: process.pid, rootUri: null, capabilities })
  send({ method: 'initialized', params: {} })

  const place = (file: string, line: number, character: number) => ({
    textDocument: { uri: pathToFileURL(file).href },
    position: { line, character },
  })
  return {
    open(file, text) {
      const uri = pathToFileURL(file).href
      const found = new Promise<Finding[]>((resolve) => findings.set(uri, resolve))
      send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'yaml', version: 1, text } } })
      return found
    },
    async complete(file, line, character) {
      const { items } = await ask('textDocument/completion', place(file, line, character))
      return items.map(({ label }: { label: string }) => label)
    },
    async hover(file, line, character) {
      const shown = await ask('textDocument/hover', place(file, line, character))
      return typeof shown?.contents === 'string' ? shown.contents : (shown?.contents?.value ?? '')
    },
  }
}
