import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { start } from '../src/cli/start.ts'

const repository = join(import.meta.dirname, '..')
const text = readFileSync(join(repository, 'docker-compose.yml'), 'utf8')
const { services, configs, volumes } = parse(text, { merge: true })
const gateway = readFileSync(join(repository, 'gateway.yaml'), 'utf8')

const processes = Object.entries<any>(services).filter(([, service]) => service.image === 'gatefold')

t.test('api and worker processes, a load balancer, a Postgres, a Redis', async (t) => {
  t.strictSame(Object.keys(services), ['load-balancer', 'api', 'worker', 'postgres', 'redis'])
  for (const [, { deploy }] of processes) t.ok(deploy.replicas > 1, 'several of each')
  for (const [name, service] of Object.entries<any>(services)) {
    for (const needed of Object.keys(service.depends_on ?? {}))
      t.match(services[needed], { healthcheck: Object }, `${name} needs ${needed}`)
    for (const volume of service.volumes ?? []) t.ok(volume.split(':')[0] in volumes, volume)
    for (const { source } of service.configs ?? []) t.ok(source in configs, source)
  }
})

t.test('processes are started by words that the command line knows', async (t) => {
  const roles = processes.map(([, { command }]) => {
    const [node, file, name, ...words] = command
    t.equal(node, 'node')
    t.ok(existsSync(join(repository, file)), file)
    t.equal(name, start.name)
    const { values } = parseArgs({ args: words, options: start.options ?? {}, allowPositionals: false })
    t.equal(values.port, '8000', 'where it is probed, and the load balancer looks for it')
    return values.role
  })
  t.strictSame(roles, ['api', 'worker'])
})

t.test('they are told only what gateway.yaml reads', async (t) => {
  const read = new Set([...gateway.matchAll(/\$\{(\w+)/g)].map(([, name]) => name))
  for (const [service, { environment }] of processes) {
    for (const name of Object.keys(environment)) t.ok(name === 'NODE_ENV' || read.has(name), `${service}: ${name}`)
    const { hostname: database } = new URL(environment.DATABASE_URL)
    const { hostname: redis } = new URL(environment.REDIS_URL)
    t.strictSame([database, redis], ['postgres', 'redis'])
  }
})

t.test('the image holds what they need', async (t) => {
  for (const [, { build }] of processes) {
    for (const [, words] of build.dockerfile_inline.matchAll(/^COPY (.+)$/gm)) {
      for (const source of words.split(' ').slice(0, -1)) t.ok(existsSync(join(repository, source)), source)
    }
    const [, major] = /^FROM node:(\d+)/.exec(build.dockerfile_inline) as RegExpExecArray
    t.equal(Number(major), Number(process.versions.node.split('.')[0]), 'on the Node version that tests run on')
  }
})

t.test('they are ready when they say so, and are given the time to end', async (t) => {
  for (const [, { healthcheck, stop_grace_period }] of processes) {
    t.match(healthcheck.test.join(' '), /^CMD node --eval .*http:\/\/localhost:8000\/readyz/)
    t.doesNotThrow(() => new Function(healthcheck.test.at(-1)), 'a program')
    t.ok(Number.parseInt(stop_grace_period, 10) > 25, 'longer than server.shutdownTimeout')
  }
})

t.test('it holds no secret', async (t) => {
  const lines = text.split('\n').filter((line) => /^[^#]*(secret|password|token)\w*:/i.test(line))
  t.strictSame(lines.length, 1)
  t.match(lines[0], /^ {2}JWT_SECRET: \$\{JWT_SECRET:\?.+\}$/)
})
