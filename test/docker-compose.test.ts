import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import t from 'tap'
import { start } from '../src/cli/start.ts'
import { planGateway } from '../src/gateway.ts'
import { balancerExists } from './deployment/balancer.ts'
import { type ComposeService, healthProgram, imageSays, readCompose, readDockerfile, repository } from './deployment/compose.ts'
import { isSent } from './deployment/image.ts'

const read = (name: string) => readFileSync(join(repository, name), 'utf8')
const { services, volumes } = readCompose({ JWT_SECRET: 'secret' })
const processes = Object.entries<ComposeService>(services).filter(([, service]) => service.image === 'gatefold')

t.test('api and worker processes, a load balancer, a Postgres, a Redis', async (t) => {
  t.strictSame(Object.keys(services), ['load-balancer', 'api', 'worker', 'postgres', 'redis'])
  for (const [, { deploy }] of processes) t.ok((deploy?.replicas ?? 0) > 1, 'several of each')
  for (const [name, service] of Object.entries<ComposeService>(services)) {
    for (const needed of Object.keys(service.depends_on ?? {})) {
      const { healthcheck, image } = services[needed as keyof typeof services]
      t.ok(healthcheck !== undefined || image === 'gatefold', `${name} waits until ${needed} is well`)
    }
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      t.ok(source.startsWith('./') ? existsSync(join(repository, source)) : source in volumes, volume)
    }
  }
})

t.test('processes are started by words that the command line knows', async (t) => {
  const roles = processes.map(([, { command = [] }]) => {
    const [node, file, name, ...words] = command
    t.strictSame([node, file], JSON.parse(imageSays('CMD')).slice(0, 2))
    t.equal(name, start.name)
    const { values } = parseArgs({ args: words, options: start.options ?? {}, allowPositionals: false })
    t.equal(values.port, '8000', 'where it is probed, and the load balancer looks for it')
    return values.role
  })
  t.strictSame(roles, ['api', 'worker'])
})

t.test('they are told only what gateway.yaml reads, and need nothing else', async (t) => {
  const known = new Set([...read('gateway.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name))
  for (const [service, { environment = {} }] of processes) {
    for (const name of Object.keys(environment)) t.ok(known.has(name), `${service}: ${name}`)
    const [name = '', value] = imageSays('ENV').split('=')
    const secret = 'a secret of more than thirty-two bytes, for tests'
    const plan = await planGateway({ directory: repository, environment: { [name]: value, ...environment, JWT_SECRET: secret } })
    t.strictSame(plan.diagnostics, [], service)
    t.equal(plan.config.server.port, 8000)
    t.match(plan.config, { database: { url: '@postgres:' }, redis: { url: '//redis:' } })
    t.equal(plan.config.server.trustProxy, service === 'api' ? 1 : false)
  }
})

t.test('the image holds what they need, and nothing else of the repository', async (t) => {
  for (const { base, instructions } of readDockerfile()) {
    t.match(base, new RegExp(`^node:${process.versions.node.split('.')[0]}-slim$`), 'the Node version that tests run on')
    for (const { words } of instructions.filter(({ name, words }) => name === 'COPY' && !words.startsWith('--from'))) {
      for (const source of words.split(' ').slice(0, -1)) t.ok(isSent(source), source)
    }
  }
  for (const secret of ['.env', '.git', '.gatefold', 'node_modules', 'test']) t.notOk(isSent(secret), secret)
})

t.test('it runs without rights', async (t) => {
  t.match(imageSays('USER'), /^[1-9]\d*:[1-9]\d*$/)
  for (const [, service] of processes)
    t.match(service, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
})

t.test('they are ready when they say so, and are given the time to end', async (t) => {
  const [flag, program = ''] = healthProgram()
  t.equal(flag, '--eval')
  t.match(program, '/readyz')
  t.doesNotThrow(() => new Function(program), 'a program')
  for (const [, { stop_grace_period = '' }] of processes)
    t.ok(Number.parseInt(stop_grace_period, 10) > 26, 'longer than server.drainDelay and shutdownTimeout')
  t.equal(imageSays('STOPSIGNAL'), 'SIGTERM')
})

t.test('the load balancer leads to them', async (t) => {
  const balancer = services['load-balancer']
  t.strictSame(balancer.environment, { API: 'api:8000' })
  const file = balancer.volumes?.[0]?.split(':')[0] as string
  const config = read(file)
  t.match(balancer.ports, [/:8000$/])
  t.match(config, 'bind :8000')
  t.match(config, 'uri /readyz')
  const idle = Number(/^ *timeout http-keep-alive (\d+)s$/m.exec(config)?.[1])
  const plan = await planGateway({ directory: repository, environment: {} })
  t.ok(idle < Number.parseInt(String(plan.config.server.keepAliveTimeout), 10), 'it closes idle connections before they do')
  const longest = Math.max(...[...read('gateway.yaml').matchAll(/timeout: (\d+)s/g)].map(([, seconds]) => Number(seconds)))
  t.ok(Number(/^ *timeout server (\d+)s$/m.exec(config)?.[1]) > longest, 'it waits longer than any operation')
  if (balancerExists) {
    execFileSync('haproxy', ['-c', '-f', join(repository, file)], {
      env: { ...process.env, API: 'localhost:8000' },
      stdio: 'ignore',
    })
  }
})

t.test('it holds no secret, and says which it needs', async (t) => {
  const lines = read('docker-compose.yml')
    .split('\n')
    .filter((line) => /^[^#]*(secret|password|token)\w*:/i.test(line))
  t.strictSame(lines.length, 1)
  t.match(lines[0], /^ {2}JWT_SECRET: \$\{JWT_SECRET:\?.+\}$/)
  t.throws(() => readCompose(), { message: /^JWT_SECRET: set it to/ })
})
