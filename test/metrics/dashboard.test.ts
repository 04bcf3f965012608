import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { serveTasks } from '../targets/tasks-project.ts'

const deploy = join(import.meta.dirname, '../../deploy')

interface Panel {
  title: string
  targets?: { expr: string }[]
}

const dashboard: { panels: Panel[] } = JSON.parse(readFileSync(join(deploy, 'grafana/gatefold.json'), 'utf8'))
const alerts: { groups: { rules: { alert: string; expr: string }[] }[] } = parse(
  readFileSync(join(deploy, 'prometheus/alerts.yaml'), 'utf8'),
)

/** Words of PromQL that are no metrics, and the labels that Prometheus and Grafana add. */
const words = /^(?:sum|max|min|count|topk|rate|increase|histogram_quantile|by|e|s|m|__rate_interval|job|instance)$/

/** Names of metrics, and of the labels that select and group them, in an expression. */
function namesIn(expr: string): { metrics: string[]; labels: string[] } {
  const grouping = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
  const selecting = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  )
  const bare = expr.replaceAll(/\bby \([^)]*\)|\{[^}]*\}|\[[^\]]*\]/g, ' ')
  const metrics = [...bare.matchAll(/[a-zA-Z_]\w*/g)].map(([name]) => name)
  return {
    metrics: metrics.filter((name) => !words.test(name)),
    labels: [...grouping, ...selecting].filter((name) => !words.test(name)),
  }
}

t.test('dashboard and alerts ask for nothing that a gateway does not say', async (t) => {
  const { request, token } = await serveTasks(t, { metrics: { access: 'public' } })
  const ada = await token('ada')
  await request('POST', '/api/sum', { token: ada, json: { of: [1] }, headers: { prefer: 'wait=30' } })
  const { text } = await request('GET', '/metrics')
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const known = new Set(series.map((line) => line.split(/[{ ]/, 1)[0]))
  for (const [, name] of text.matchAll(/^# TYPE (\S+) (?:counter|gauge)$/gm)) known.add(name)
  const labels = new Set(series.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map(([, label]) => label)))
  labels.add('outcome')

  const panels = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const))
  const rules = alerts.groups.flatMap((group) => group.rules.map(({ alert, expr }) => [alert, expr] as const))
  t.ok(panels.length > 20 && rules.length > 5)
  for (const [title, expr] of [...panels, ...rules]) {
    const names = namesIn(expr)
    t.ok(names.metrics.length > 0, `${title}: ${expr}`)
    for (const name of names.metrics) t.ok(known.has(name), `${title}: the metric ${name}`)
    for (const name of names.labels) t.ok(labels.has(name), `${title}: the label ${name}`)
  }
})
