/** docker-compose.yml and Dockerfile as data: what they say is what the tests start. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const repository = join(import.meta.dirname, '../..')

export interface ComposeService {
  image: string
  build?: string
  command?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  deploy?: { replicas: number }
  stop_grace_period?: string
  read_only?: boolean
  tmpfs?: string[]
  cap_drop?: string[]
}

export interface Compose {
  services: Record<'load-balancer' | 'api' | 'worker' | 'postgres' | 'redis', ComposeService>
  volumes: Record<string, unknown>
}

/** Reads the file as `docker compose` does: merge keys, and `${NAME:-default}` and `${NAME:?message}` from `environment`. */
export function readCompose(environment: Record<string, string> = {}): Compose {
  const text = readFileSync(join(repository, 'docker-compose.yml'), 'utf8')
  const filled = text.replaceAll(/^(?!\s*#)(.*)$/gm, (line) =>
    line.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest?: string) => {
      const value = environment[name] ?? (kind === '-' ? rest : undefined)
      if (value === undefined) throw new Error(`${name}: ${rest ?? 'not set'}`)
      return value
    }),
  )
  return parse(filled, { merge: true })
}

/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  name: string
  words: string
}

export interface Stage {
  name: string
  base: string
  instructions: Instruction[]
}

export function readDockerfile(): Stage[] {
  const text = readFileSync(join(repository, 'Dockerfile'), 'utf8')
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n')
  const stages: Stage[] = []
  for (const line of lines) {
    const [, name, words] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (name === undefined || words === undefined) continue
    if (name === 'FROM') {
      const [base = '', , alias = ''] = words.split(' ')
      stages.push({ name: alias, base, instructions: [] })
    } else stages.at(-1)?.instructions.push({ name, words })
  }
  return stages
}

/** What the last stage says by an instruction that stands there once. */
export function imageSays(name: string): string {
  const found = readDockerfile()
    .at(-1)
    ?.instructions.filter((instruction) => instruction.name === name)
  if (found?.length !== 1) throw new Error(`the image has ${found?.length} ${name} instructions`)
  return (found[0] as Instruction).words
}

/** The program that asks a container whether it is well, as arguments of node. */
export function healthProgram(): string[] {
  const words = imageSays('HEALTHCHECK')
  const [node, ...rest] = JSON.parse(words.slice(words.indexOf('['))) as string[]
  if (node !== 'node') throw new Error(`the health check runs ${node}`)
  return rest
}
