import { mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { styleText } from 'node:util'
import pino, { type Logger } from 'pino'
import type { GatewayConfig } from '../config/schema.ts'
import { censored, redact } from './redact.ts'

/** The gateway's log and how to write out what is still buffered. */
export interface Log {
  readonly log: Logger
  /** Takes a line of JSON as it is: for records whose fields are all the gateway's own, in which no credentials have to be looked for. */
  readonly write: (line: string) => void
  /** Opens the file now, so that one that cannot be written is known at the start. Throws with its name. */
  open(): void
  flush(): void
}

/** One write per so many bytes, and at least every second: a write per line would cost more than the request. */
const bufferBytes = 4096
const flushMs = 1000

/**
 * The log as gateway.yaml's `log` describes it; relative files lie below `directory`. Nothing is opened before the first
 * record, so that looking at a gateway leaves no trace. `write`, when given, gets the lines of JSON instead.
 */
export function openLog(config: GatewayConfig['log'], directory: string, write?: (line: string) => void): Log {
  let destination: ReturnType<typeof pino.destination> | undefined
  const pretty = config.format === 'pretty' || (config.format === 'auto' && config.file === undefined && process.stdout.isTTY)
  const open = () => (destination ??= openDestination(config.file === undefined ? undefined : resolve(directory, config.file)))
  const writeLine =
    write ?? (pretty ? (line: string) => void open().write(prettyLine(line)) : (line: string) => void open().write(line))
  const log = pino(
    {
      base: null,
      level: config.level,
      redact: { paths: config.redact, censor: censored },
      formatters: { level: (label) => ({ level: label }), log: (fields) => redactFields(fields) },
      serializers: { err: (error: Error) => redact(pino.stdSerializers.err(error)) },
    },
    { write: writeLine },
  )
  return { log, write: writeLine, open: () => void (write === undefined && open()), flush: () => flush(destination) }
}

/** Errors are left to their serializer, which knows which of their members count. */
function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  const { err, ...rest } = fields
  const redacted = redact(rest) as Record<string, unknown>
  return err === undefined ? redacted : { err, ...redacted }
}

function openDestination(file: string | undefined) {
  const dest = file === undefined ? process.stdout.fd : openFile(file)
  const destination = pino.destination({ dest, sync: false, minLength: bufferBytes, periodicFlush: flushMs })
  // A full disk must not end the service; records are kept and tried again.
  destination.on('error', ({ message }: Error) => process.stderr.write(`gatefold: the log cannot be written: ${message}\n`))
  return destination
}

/** What cannot be written has been said, and must not keep a process from ending. */
function flush(destination: ReturnType<typeof pino.destination> | undefined): void {
  try {
    destination?.flushSync()
  } catch {}
}

function openFile(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true })
    return openSync(file, 'a')
  } catch (error) {
    throw new Error(`log.file '${file}' cannot be written: ${(error as Error).message}`)
  }
}

const levelColours = { trace: 'gray', debug: 'gray', info: 'green', warn: 'yellow', error: 'red', fatal: 'red' } as const

/** A log record as one line for a terminal. */
function prettyLine(line: string): string {
  const { level, time, msg, method, path, status, ms, err, ...rest } = JSON.parse(line)
  const clock = new Date(time).toLocaleTimeString('en-GB')
  const what = msg === 'request' ? `${method} ${path} ${status} ${ms} ms` : msg
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const stack = err?.stack === undefined ? '' : `\n${styleText('red', err.stack)}`
  const colour = levelColours[level as keyof typeof levelColours] ?? 'white'
  return `${styleText('gray', clock)} ${styleText(colour, String(level).padEnd(5))} ${what} ${styleText('gray', fields.join(' '))}${stack}\n`
}
