import { once } from 'node:events'
import { closeSync, fstatSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isDeepStrictEqual, styleText } from 'node:util'
import pino, { type Logger } from 'pino'
import type { GatewayConfig } from '../config/schema.ts'
import { makeDirectory } from '../make-directory.ts'
import { censored, redact as redactCredentials } from './redact.ts'

/** The gateway's log. One generation of a gateway's view of it. */
export interface Log {
  readonly log: Logger
  /** Takes a line of JSON as it is: for records whose fields are all the gateway's own, in which no credentials have to be looked for. */
  readonly write: (line: string) => void
  /** What stands in such a line of which process it is, as JSON: a member with the comma behind it, or nothing. */
  readonly process: string
  /** Tries the file now, so that one that cannot be written is known at the start. Throws with its name. */
  open(): void
  /** Writes out what is buffered before it returns. */
  flush(): void
  /** Resolves when what is buffered was written, or turned out not to be writable. */
  written(): Promise<void>
  /** The log as the next generation describes it; all goes there from `activate` on, whoever writes. */
  renew(config: GatewayConfig['log']): Log
  activate(): void
}

export interface LogOptions {
  /** Gets the lines of JSON instead of a file or standard output. */
  write?: ((line: string) => void) | undefined
  /** Which of several processes with one log this is; its records say so. */
  worker?: number | undefined
}

type Destination = ReturnType<typeof pino.destination>

/** Where the log goes: a file, or standard output. */
interface Place {
  readonly file: string | undefined
  readonly pretty: boolean
  readonly shared: boolean
}

interface Output extends Place {
  readonly fd: number
  readonly destination: Destination
}

/** One write per so many bytes, and at least every second: a write per line would cost more than the request. */
const bufferBytes = 4096
const flushMs = 1000
/** Bytes that a pipe takes in one piece (PIPE_BUF): the lines of several processes stay whole. */
const atOnce = 4096
/** Bytes that wait for a log which cannot be written. */
const mostWaiting = 8 * 1024 * 1024

/**
 * The log as gateway.yaml's `log` describes it; relative files lie below `directory`. Nothing is opened before the first
 * record, so that looking at a gateway leaves no trace.
 */
export function openLog(first: GatewayConfig['log'], directory: string, { write, worker }: LogOptions = {}): Log {
  const fileOf = ({ file }: GatewayConfig['log']) => (file === undefined ? undefined : resolve(directory, file))
  const placeOf = (config: GatewayConfig['log']): Place => ({
    file: fileOf(config),
    pretty: isPretty(config),
    shared: worker !== undefined,
  })
  let place = placeOf(first)
  let { redact } = first
  let output: Output | undefined
  /** Resolves when the files that were left have what was logged to them. */
  let left: Promise<unknown> = Promise.resolve()
  const writeLine =
    write ??
    ((line: string) => {
      output ??= openOutput(place)
      output.destination.write(place.pretty ? prettyLine(line) : line)
    })
  const log = redacting(first, worker, writeLine)

  function follow(config: GatewayConfig['log']): void {
    place = placeOf(config)
    const before = output
    if (before === undefined || leadsTo(before, place)) return
    output = openOutput(place)
    if (before.file === undefined) before.destination.flush()
    else left = Promise.all([left, ended(before.destination)])
  }

  function view(config: GatewayConfig['log']): Log {
    return {
      log,
      write: writeLine,
      process: worker === undefined ? '' : `"worker":${worker},`,
      open() {
        if (write !== undefined) return
        if (config === first) output ??= openOutput(place)
        else checkFile(fileOf(config))
      },
      flush: () => flush(output?.destination),
      async written() {
        await left
        await new Promise<void>((resolve) => (output === undefined ? resolve() : output.destination.flush(() => resolve())))
      },
      renew: view,
      activate() {
        log.level = config.level
        if (!isDeepStrictEqual(config.redact, redact)) redactLike(redacting(config, worker, writeLine), log)
        redact = config.redact
        follow(config)
      },
    }
  }
  return view(first)
}

function isPretty({ format, file }: GatewayConfig['log']): boolean {
  return format === 'pretty' || (format === 'auto' && file === undefined && process.stdout.isTTY)
}

function redacting(config: GatewayConfig['log'], worker: number | undefined, write: (line: string) => void): Logger {
  return pino(
    {
      base: worker === undefined ? null : { worker },
      level: config.level,
      redact: { paths: config.redact, censor: censored },
      formatters: { level: (label) => ({ level: label }), log: (fields) => redactFields(fields) },
      serializers: { err: (error: Error) => redactCredentials(pino.stdSerializers.err(error)) },
    },
    { write },
  )
}

/** Lets a logger, which services keep through reloads, and its children leave out what another one leaves out. */
function redactLike(other: Logger, log: Logger): void {
  for (const symbol of [pino.symbols.stringifiersSym, pino.symbols.formatOptsSym])
    Object.assign(log, { [symbol]: (other as any)[symbol] })
}

/** Errors are left to their serializer, which knows which of their members count. */
function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  const { err, ...rest } = fields
  const redacted = redactCredentials(rest) as Record<string, unknown>
  return err === undefined ? redacted : { err, ...redacted }
}

function openOutput(place: Place): Output {
  const fd = place.file === undefined ? process.stdout.fd : openFile(place.file)
  // Whoever watches sees each line at once, in its place between what commands write.
  const buffering = place.pretty
    ? { sync: true }
    : { sync: false, minLength: bufferBytes - 1, periodicFlush: flushMs, ...(place.shared && { maxWrite: atOnce }) }
  const destination = pino.destination({ dest: fd, maxLength: mostWaiting, ...buffering })
  bearTrouble(destination)
  return { ...place, fd, destination }
}

/** Whether what is open is still what a place names; a file may have been rotated away. One that is opened twice would mix up its lines. */
function leadsTo(output: Output, place: Place): boolean {
  if (output.file !== place.file) return false
  if (place.file === undefined) return true
  const named = statSync(place.file, { throwIfNoEntry: false })
  const open = fstatSync(output.fd)
  return output.pretty === place.pretty && named?.ino === open.ino && named.dev === open.dev
}

/** Writes what is buffered and closes. What cannot be written has been said. */
async function ended(destination: Destination): Promise<void> {
  const closed = once(destination, 'close')
  destination.end()
  await closed.catch(() => {})
}

/**
 * A full disk, or a reader that has left, must neither end the service nor keep it from ending. It is said once, and again only after
 * everything was written.
 */
function bearTrouble(destination: Destination): void {
  let said = false
  function say(trouble: string): void {
    if (!said) process.stderr.write(`gatefold: the log cannot be written: ${trouble}\n`)
    said = true
  }
  const waits = `up to ${mostWaiting / 1024 / 1024} MiB of it wait until it can be, what is more is lost`
  destination.on('error', ({ code, message }: NodeJS.ErrnoException) =>
    say(code === 'EPIPE' ? 'whoever read it has closed the pipe, and it ends here' : `${message}; ${waits}`),
  )
  destination.on('drop', () => say(`it grows faster than it is written; ${waits}`))
  destination.on('drain', () => {
    said = false
  })
  const { flushSync } = destination
  // It would try for ever, and nothing else would happen meanwhile.
  destination.flushSync = () => void (said || flushSync.call(destination))
}

function checkFile(file: string | undefined): void {
  if (file !== undefined) closeSync(openFile(file))
}

/** What cannot be written has been said, and must not keep a process from ending. */
function flush(destination: Destination | undefined): void {
  try {
    destination?.flushSync()
  } catch {}
}

function openFile(file: string): number {
  try {
    makeDirectory(dirname(file))
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
