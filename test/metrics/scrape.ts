/** One line of a scrape. */
export interface Series {
  name: string
  labels: Record<string, string>
  value: number
}

/** Reads Prometheus' text format (version 0.0.4). Throws on a line that is none of it. */
export function parseScrape(text: string): Series[] {
  return text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return []
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) throw new Error(`not a line of a scrape: ${line}`)
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text] as const)
    return { name, labels: Object.fromEntries(pairs), value: Number(value === '+Inf' ? Infinity : value) }
  })
}

/** The value of the one series that has these labels at least; undefined when there is none. */
export function readSeries(series: readonly Series[], name: string, labels: Record<string, string> = {}): number | undefined {
  const found = series.filter(
    (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  )
  if (found.length > 1) throw new Error(`${found.length} series of ${name} have these labels`)
  return found[0]?.value
}
