import type { Samples } from './measure.ts'
import type { Endpoint } from './requests.ts'
import { baseline } from './targets.ts'

/** The figures of one target on one endpoint. Ratios: of requests a second, to the baseline; more is better. */
export interface Figures {
  readonly perSecond: number
  /** Median over the rounds of the ratio to the baseline in the same round. */
  readonly ratio: number
  /** The baseline's least CPU time per request, divided by this target's. */
  readonly cpuRatio: number
  readonly cpu: number
  readonly p50: number
  readonly p99: number
  readonly failed: number
}

export type Summary = Record<string, Partial<Record<Endpoint, Figures>>>

export function summarize(samples: Samples): Summary {
  const summary: Summary = {}
  for (const [name, byEndpoint] of samples) {
    const figures: Partial<Record<Endpoint, Figures>> = {}
    for (const [endpoint, own] of byEndpoint) {
      const base = samples.get(baseline)?.get(endpoint) ?? own
      const least = (list: typeof own) => Math.min(...list.map(({ cpu }) => cpu))
      figures[endpoint] = {
        perSecond: Math.round(median(own.map(({ perSecond }) => perSecond))),
        ratio: round(median(own.map(({ perSecond }, i) => perSecond / (base[i] as (typeof own)[number]).perSecond))),
        cpuRatio: round(least(base) / least(own)),
        cpu: round(least(own), 1),
        p50: round(median(own.map(({ p50 }) => p50))),
        p99: round(median(own.map(({ p99 }) => p99))),
        failed: own.reduce((sum, { failed }) => sum + failed, 0),
      }
    }
    summary[name] = figures
  }
  return summary
}

/** The summary in Markdown: for each endpoint the ratio of requests a second, the ratio of CPU time, and p99. */
export function table(summary: Summary, memory: Readonly<Record<string, number>>): string {
  const endpoints = Object.keys(Object.values(summary)[0] ?? {}) as Endpoint[]
  const header = ['target', ...endpoints.flatMap((one) => [`${one}: ratio`, 'CPU ratio (µs)', 'p99 ms']), 'MiB']
  const rows = Object.entries(summary).map(([name, figures]) => [
    name,
    ...endpoints.flatMap((endpoint) => {
      const { ratio, perSecond, cpuRatio, cpu, p99, failed } = figures[endpoint] as Figures
      return [`${ratio} (${perSecond}/s)${failed > 0 ? ` ${failed} failed!` : ''}`, `${cpuRatio} (${cpu})`, String(p99)]
    }),
    String(Math.round(memory[name] ?? Number.NaN)),
  ])
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}

function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits))
}
