import { existsSync, readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'

/** Where public conformance material lies, beside the repository; absent in a lone clone. */
export const materialDirectory = join(import.meta.dirname, '../../../shared/conformance')

export const hasMaterial = existsSync(materialDirectory)

export interface Case {
  readonly id: string
  readonly tier: 'A' | 'B'
  readonly spec: string
  readonly request: { method: string; path: string; headers: [string, string][]; body?: string }
  readonly expect: { outcome: string; acceptableStatus?: number[]; present?: boolean; decoded?: unknown }
}

export interface ParameterCase extends Case {
  readonly operationId: string
  readonly source: { test: string }
  readonly param: {
    in: 'path' | 'query' | 'header' | 'cookie'
    name: string
    style: string | null
    explode: boolean | null
    type?: string
  }
}

/** What became of one case. */
export interface Result {
  readonly id: string
  readonly tier: string
  readonly passed: boolean
  readonly status: number
  /** What was expected and what came, for a case that failed. */
  readonly difference: string
}

export function readCases<Kind extends Case>(file: string): Kind[] {
  return JSON.parse(readFileSync(join(materialDirectory, file), 'utf8')) as Kind[]
}

export interface Answer {
  readonly status: number
  /** Empty when there is none. */
  readonly contentType: string
  readonly body: string
}

/** Sends a case's request exactly as it is written: nothing is normalised. */
export function send(url: string, { method, path, headers, body }: Case['request']): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fields: Record<string, string> = Object.fromEntries(headers)
    if (body !== undefined) fields['content-length'] = String(Buffer.byteLength(body))
    const { hostname, port } = new URL(url)
    const outgoing = httpRequest({ hostname, port, method, path, headers: fields, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response
        resolve({ status, contentType: received['content-type'] ?? '', body: Buffer.concat(chunks).toString() })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** `A 141/141, B 18/18`. */
export function countByTier(results: readonly Result[]): string {
  const tiers = [...Map.groupBy(results, (result) => result.tier)].sort(([a], [b]) => a.localeCompare(b))
  return tiers.map(([tier, own]) => `${tier} ${own.filter((result) => result.passed).length}/${own.length}`).join(', ')
}
