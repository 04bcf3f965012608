import { html, useEffect, useMemo, useState } from './preact.js'
import { ask } from './server.js'
import { Filter, matches, Table } from './table.js'

const percent = (share) => (share === undefined ? '–' : `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 0)} %`)
const mark = (share) => (share > 0 ? 'bad' : '')

const columns = [
  { id: 'id', title: 'Operation', of: ({ id }) => id, class: 'name' },
  { id: 'method', title: 'Method', of: ({ method }) => method },
  { id: 'path', title: 'Path', of: ({ path }) => path, class: 'code' },
  { id: 'access', title: 'Access', of: ({ access }) => access },
  { id: 'target', title: 'Target', of: ({ target }) => target },
  {
    id: 'rate',
    title: 'Per second',
    number: true,
    of: ({ rate }) => rate,
    show: ({ rate }) => rate?.toFixed(rate < 10 ? 2 : 0) ?? '–',
  },
  {
    id: 'p95',
    title: 'p95',
    number: true,
    of: ({ p95 }) => p95,
    show: ({ p95 }) => (p95 === undefined ? '–' : `${p95.toPrecision(3)} ms`),
  },
  { id: 'clientErrors', title: '4xx', number: true, of: (row) => row.clientErrors, show: (row) => percent(row.clientErrors) },
  {
    id: 'serverErrors',
    title: '5xx',
    number: true,
    of: (row) => row.serverErrors,
    show: (row) => html`<span class=${mark(row.serverErrors)}>${percent(row.serverErrors)}</span>`,
  },
  { id: 'total', title: 'Requests', number: true, of: ({ total }) => total, show: ({ total }) => total.toLocaleString('en') },
]

/** What is served, how it does, and of each operation which policies stand before it and where they were written. */
export function Operations({ operations, rates }) {
  const [filter, setFilter] = useState('')
  const [open, setOpen] = useState()
  const rows = useMemo(
    () =>
      operations
        .filter(({ id, method, path, access, target, policies }) =>
          matches(filter, id, method, path, access, target, ...policies),
        )
        .map((operation) => ({ ...operation, total: 0, refused: {}, ...rates.get(operation.id) })),
    [operations, rates, filter],
  )
  return html`<section>
    <div class="bar">
      <${Filter} label="Filter" value=${filter} onChange=${setFilter} />
      <p class="soft">${rows.length} of ${operations.length} operations. Rates, percentiles and shares: the last minute.</p>
    </div>
    <${Table} caption="Operations" columns=${columns} rows=${rows} keyOf=${({ id }) => id} sort=${{ by: 'rate', down: true }}
      open=${open} onOpen=${setOpen} detail=${(row) => html`<${Chain} id=${row.id} refused=${row.refused} />`}
      empty="No operation fits the filter." />
  </section>`
}

function Chain({ id, refused }) {
  const [explained, setExplained] = useState()
  const [failure, setFailure] = useState()
  useEffect(() => {
    ask(`operations/${encodeURIComponent(id)}`).then(setExplained, (error) => setFailure(error.message))
  }, [id])
  if (failure !== undefined) return html`<p class="bad" role="alert">${failure}</p>`
  if (explained === undefined) return html`<p class="soft">…</p>`
  const ended = Object.entries(refused)
  return html`<div class="chain">
    <p>Described at <code>${explained.at}</code>; access: <strong>${explained.access}</strong>.
      ${ended.length > 0 && ` Ended by policies since the process began: ${ended.map(([policy, count]) => `${policy} ${count}`).join(', ')}.`}</p>
    <table>
      <caption>The pipeline, in the order in which a request meets it</caption>
      <thead><tr><th scope="col">Policy</th><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">Written</th></tr></thead>
      <tbody>${explained.settings.flatMap(({ name, values }) =>
        values.map(
          (value, index) => html`<tr key=${`${name} ${value.name}`}>
          <th scope="row">${index === 0 ? name : html`<span class="hidden">${name}</span>`}</th>
          <td>${value.name}</td><td><code>${JSON.stringify(value.value)}</code></td><td class="soft">${value.origin}</td></tr>`,
        ),
      )}
      ${explained.off.map(
        ({ name, origin }) =>
          html`<tr key=${name}><th scope="row">${name}</th><td></td><td><code>false</code></td><td class="soft">${origin}</td></tr>`,
      )}</tbody>
    </table>
  </div>`
}
