/** One number of a series, as a scrape reads it. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  /** Labels that many samples have, as one object: they are written into text once and for all. */
  readonly sharedLabels?: Readonly<Record<string, string>>
  readonly value: number
  /** For the parts of a histogram, which have names of their own. */
  readonly metricName?: string
}

/** What several processes that are scraped as one say together. */
export type Merge = 'sum' | 'min' | 'max'

/** Something that is measured, under one name. */
export interface Instrument {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** `sum` when absent. */
  readonly merge?: Merge
  samples(): readonly Sample[] | Promise<readonly Sample[]>
}

/** Counts events. Label values are given in the order of the label names, and have to be few: never a path, a subject or an id. */
export interface Counter {
  /** The count of one combination of labels, to be held by whoever counts often: `cell.value++`. */
  cell(...labels: string[]): { value: number }
  add(...labels: string[]): void
  /** All counts so far, with their label values. */
  entries(): readonly Entry<{ value: number }>[]
}

/** What was counted under one combination of label values. */
export interface Entry<Cell> {
  readonly labels: readonly string[]
  readonly cell: Cell
}

/** Sorts durations, in seconds, into buckets. */
export interface Histogram {
  cell(...labels: string[]): Distribution
  entries(): readonly Entry<Distribution>[]
}

/**
 * What one process measures. Counting is free of any library: plain numbers, which a scrape reads. A name that is asked for again, by the
 * next generation of a gateway, is the same instrument, so that counters go on.
 */
export interface Meter {
  counter(name: string, help: string, labels?: readonly string[]): Counter
  histogram(name: string, help: string, labels: readonly string[], buckets: readonly number[]): Histogram
  /** A state that is read when it is asked for; the newest reader of a name counts. */
  gauge(name: string, help: string, read: () => readonly Sample[] | Promise<readonly Sample[]>, merge?: Merge): void
  /** All instruments so far, in the order of their names' first mention. */
  instruments(): readonly Instrument[]
}

export function createMeter(): Meter {
  const instruments = new Map<string, Instrument>()

  function once<T extends Instrument>(name: string, make: () => T): T {
    const known = instruments.get(name) as T | undefined
    if (known !== undefined) return known
    const made = make()
    instruments.set(name, made)
    return made
  }

  return {
    counter: (name, help, labels = []) => once(name, () => createCounter(name, help, labels)),
    histogram: (name, help, labels, buckets) => once(name, () => createHistogram(name, help, labels, buckets)),
    gauge: (name, help, read, merge = 'sum') => void instruments.set(name, { name, help, type: 'gauge', merge, samples: read }),
    instruments: () => [...instruments.values()],
  }
}

/** A state that is one number. */
export function gaugeOf(meter: Meter, name: string, help: string, read: () => number, merge?: Merge): void {
  meter.gauge(name, help, () => [{ labels: {}, value: read() }], merge)
}

function createCounter(name: string, help: string, names: readonly string[]): Counter & Instrument {
  const cells = cellsOf(() => ({ value: 0 }))
  // A counter without labels stands at 0 from the start, so that its first increase is seen as one.
  if (names.length === 0) cells.of([])
  return {
    name,
    help,
    type: 'counter',
    cell: (...labels) => cells.of(labels),
    add: (...labels) => void cells.of(labels).value++,
    entries: cells.all,
    samples: () => cells.all().map(({ labels, cell }) => ({ labels: labelled(names, labels), value: cell.value })),
  }
}

function createHistogram(
  name: string,
  help: string,
  names: readonly string[],
  buckets: readonly number[],
): Histogram & Instrument {
  const cells = cellsOf(() => new Distribution(buckets))
  const shared = new WeakMap<Distribution, Record<string, string>>()

  function sharedLabels({ cell, labels }: Entry<Distribution>): Record<string, string> {
    const known = shared.get(cell) ?? labelled(names, labels)
    shared.set(cell, known)
    return known
  }

  return {
    name,
    help,
    type: 'histogram',
    cell: (...labels) => cells.of(labels),
    entries: cells.all,
    samples: () => cells.all().flatMap((entry) => entry.cell.samples(name, sharedLabels(entry))),
  }
}

/** One histogram of durations in seconds. */
export class Distribution {
  readonly buckets: readonly number[]
  /** How many fell into each bucket, and behind them those that are longer than all. */
  readonly counts: Float64Array
  sum = 0

  constructor(buckets: readonly number[]) {
    this.buckets = buckets
    this.counts = new Float64Array(buckets.length + 1)
  }

  observe(seconds: number): void {
    const { buckets, counts } = this
    let i = 0
    while (i < buckets.length && seconds > (buckets[i] as number)) i++
    counts[i] = (counts[i] as number) + 1
    this.sum += seconds
  }

  get count(): number {
    let total = 0
    for (const count of this.counts) total += count
    return total
  }

  samples(name: string, sharedLabels: Readonly<Record<string, string>>): Sample[] {
    let total = 0
    const bucket = (le: string, index: number): Sample => {
      total += this.counts[index] as number
      return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: total }
    }
    const samples = this.buckets.map((limit, index) => bucket(String(limit), index))
    samples.push(bucket('+Inf', this.buckets.length))
    samples.push({ metricName: `${name}_sum`, labels: {}, sharedLabels, value: this.sum })
    samples.push({ metricName: `${name}_count`, labels: {}, sharedLabels, value: total })
    return samples
  }
}

function cellsOf<Cell>(make: () => Cell) {
  const cells = new Map<string, Entry<Cell>>()
  return {
    of(labels: readonly string[]): Cell {
      const key = labels.join('\n')
      const known = cells.get(key)
      if (known !== undefined) return known.cell
      const cell = make()
      cells.set(key, { labels, cell })
      return cell
    },
    all: () => [...cells.values()],
  }
}

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] as string]))
}
