import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { parseDuration } from '../src/config/units.ts'
import { planGateway } from '../src/gateway.ts'
import { imageSays, readCompose, repository } from './deployment/compose.ts'
import { outsideTap } from './outside-tap.ts'

interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels: Record<string, string> }
  spec: any
  data: Record<string, string>
}

const directory = join(repository, 'deploy/kubernetes')
const manifests: Manifest[] = readdirSync(directory).flatMap((file) =>
  parseAllDocuments(readFileSync(join(directory, file), 'utf8'), { merge: true }).map((document) => document.toJS()),
)
const all = (kind: string) => manifests.filter((manifest) => manifest.kind === kind)
const one = (kind: string, name: string) => all(kind).find(({ metadata }) => metadata.name === name) as Manifest
const pods = all('Deployment').map(({ metadata, spec }) => ({
  role: metadata.labels['app.kubernetes.io/component'] as string,
  labels: spec.template.metadata.labels,
  pod: spec.template.spec,
  container: spec.template.spec.containers[0],
}))
const compose = readCompose({ JWT_SECRET: 'secret' })

t.test('what is there', async (t) => {
  const found = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  t.strictSame(found.toSorted(), [
    'ConfigMap gatefold',
    'Deployment gatefold-api',
    'Deployment gatefold-worker',
    'HorizontalPodAutoscaler gatefold-api',
    'HorizontalPodAutoscaler gatefold-worker',
    'PodDisruptionBudget gatefold-api',
    'PodDisruptionBudget gatefold-worker',
    'Service gatefold',
  ])
})

/** The package with the schemas of Kubernetes' API, compiled: `kubernetes-models/apps/v1/Deployment`. */
const modelOf = ({ apiVersion, kind }: Manifest) => `kubernetes-models/${apiVersion}/${kind}`

t.test('they are what the schemas of Kubernetes ask for', async (t) => {
  for (const manifest of manifests) {
    const found = await import(modelOf(manifest))
    const model = new found[manifest.kind](manifest)
    t.doesNotThrow(() => model.validate(), `${manifest.kind} ${manifest.metadata.name}`)
  }
  const broken = structuredClone(one('Deployment', 'gatefold-api'))
  broken.spec.template.spec.containers[0].ports[0].containerPort = 'http'
  const { Deployment } = await import(modelOf(broken))
  t.throws(() => new Deployment(broken).validate(), { message: /containerPort/ }, 'and what is not is found')
})

t.test('they have no key that Kubernetes does not know', async (t) => {
  const typed = (manifest: Manifest, index: number) =>
    `import type { I${manifest.kind} as T${index} } from '${modelOf(manifest)}'\nexport const m${index}: T${index} = ${JSON.stringify(manifest)}\n`
  const cache = join(repository, 'node_modules/.cache/gatefold')
  mkdirSync(cache, { recursive: true })
  const place = mkdtempSync(join(cache, 'kubernetes-'))
  t.teardown(() => rmSync(place, { recursive: true }))
  const check = (name: string, documents: Manifest[]) => {
    writeFileSync(join(place, `${name}.ts`), documents.map(typed).join(''))
    const words = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--types',
      '',
      '--ignoreConfig',
      join(place, `${name}.ts`),
    ]
    try {
      execFileSync(...outsideTap(join(repository, 'node_modules/.bin/tsc'), words), { encoding: 'utf8' })
      return ''
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  }
  t.equal(check('all', manifests), '')
  const misspelt = structuredClone(one('Deployment', 'gatefold-api'))
  misspelt.spec.template.spec.containers[0].readinesProbe = {}
  t.match(check('misspelt', [misspelt]), 'readinesProbe')
})

t.test('processes are started as in docker-compose.yml', async (t) => {
  t.strictSame(
    pods.map(({ role }) => role),
    ['api', 'worker'],
  )
  for (const { role, container } of pods) {
    const service = compose.services[role as 'api' | 'worker']
    t.strictSame(container.args, service.command)
    t.equal(container.image, service.image)
    const { data } = one('ConfigMap', 'gatefold')
    const secrets = [...readFileSync(join(directory, 'config.yaml'), 'utf8').matchAll(/--from-literal=(\w+)=/g)].map(
      ([, name]) => name as string,
    )
    const told = new Set([...Object.keys(data), ...secrets])
    for (const name of Object.keys(service.environment ?? {})) t.ok(told.has(name), `${role} is told ${name}`)
    for (const name of ['METRICS_PORT', 'METRICS_HOST']) t.equal(data[name], service.environment?.[name])
    const known = new Set(
      [...readFileSync(join(repository, 'gateway.yaml'), 'utf8').matchAll(/\$\{(\w+)/g)].map(([, name]) => name),
    )
    for (const name of told) t.ok(known.has(name), `gateway.yaml reads ${name}`)
    t.match(container.ports, [
      { name: 'http', containerPort: Number(container.args.at(-1)) },
      { name: 'metrics', containerPort: Number(data.METRICS_PORT) },
    ])
  }
})

t.test('they have the time to start and to end', async (t) => {
  const { config } = await planGateway({ directory: repository, environment: {} })
  const shutdown = (parseDuration(config.server.drainDelay) + parseDuration(config.server.shutdownTimeout)) / 1000
  for (const { role, pod, container } of pods) {
    const pause = container.lifecycle?.preStop.sleep.seconds ?? 0
    t.ok(pod.terminationGracePeriodSeconds >= pause + shutdown + 5, role)
    t.equal(role === 'api', pause > 0, 'only who is sent requests has to wait until nobody sends any')
    const { startupProbe, livenessProbe, readinessProbe } = container
    t.match(
      [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet),
      [
        { path: '/livez', port: 'http' },
        { path: '/livez', port: 'http' },
        { path: '/readyz', port: 'http' },
      ],
    )
    t.ok(readinessProbe.timeoutSeconds > 2, 'longer than a check may take')
  }
})

t.test('they have no rights', async (t) => {
  const [user, group] = imageSays('USER').split(':').map(Number)
  for (const { pod, container } of pods) {
    t.match(pod.securityContext, {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: group,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    t.match(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    t.equal(pod.automountServiceAccountToken, false)
  }
})

t.test('what selects pods finds them', async (t) => {
  const selects = (selector: Record<string, string>) =>
    pods.filter(({ labels }) => Object.entries(selector).every(([key, value]) => labels[key] === value)).map(({ role }) => role)
  t.strictSame(selects(one('Service', 'gatefold').spec.selector), ['api'])
  for (const { role, pod } of pods) {
    t.strictSame(selects(one('Deployment', `gatefold-${role}`).spec.selector.matchLabels), [role])
    t.strictSame(selects(one('PodDisruptionBudget', `gatefold-${role}`).spec.selector.matchLabels), [role])
    for (const { labelSelector } of pod.topologySpreadConstraints) t.strictSame(selects(labelSelector.matchLabels), [role])
    t.match(one('HorizontalPodAutoscaler', `gatefold-${role}`).spec.scaleTargetRef, {
      kind: 'Deployment',
      name: `gatefold-${role}`,
    })
  }
})

t.test('workers are scaled by a metric that there is', async (t) => {
  const { name } = one('HorizontalPodAutoscaler', 'gatefold-worker').spec.metrics[0].external.metric
  const adapter = parse(readFileSync(join(repository, 'deploy/prometheus/adapter.yaml'), 'utf8'))
  t.match(adapter.rules.external, [{ seriesQuery: name, name: { as: name } }])
  t.match(readFileSync(join(repository, 'docs/observability.md'), 'utf8'), `\`${name}\``)
})
