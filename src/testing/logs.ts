/** One record of the log, as it would have been written. */
export interface LogRecord {
  readonly level: string
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly msg?: string
  readonly [field: string]: any
}

/** Keeps the lines of a log. Errors are shown as they come, since a caller learns nothing of them, unless `silent`. */
export function captureLog(silent: boolean): { records: readonly LogRecord[]; write(line: string): void } {
  const records: LogRecord[] = []
  return {
    records,
    write(line) {
      const record = JSON.parse(line) as LogRecord
      records.push(record)
      if (silent || (record.level !== 'error' && record.level !== 'fatal')) return
      const { level: _, time: __, msg, err, ...fields } = record
      process.stderr.write(`gatefold: ${msg} ${JSON.stringify(fields)}\n${err?.stack ?? ''}\n`)
    },
  }
}
