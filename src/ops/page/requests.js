import { html, useMemo, useState } from './preact.js'
import { Filter, matches, Table } from './table.js'

const statusClass = (status) => (status >= 500 ? 'bad' : status >= 400 ? 'late' : '')

const columns = [
  {
    id: 'at',
    title: 'Time',
    of: ({ number }) => number,
    show: ({ at }) => new Date(at).toLocaleTimeString('en-GB'),
    class: 'nowrap',
  },
  { id: 'method', title: 'Method', of: ({ method }) => method },
  { id: 'path', title: 'Path', of: ({ path }) => path, class: 'code' },
  {
    id: 'status',
    title: 'Status',
    number: true,
    of: ({ status }) => status,
    show: ({ status }) => html`<span class=${statusClass(status)}>${status}</span>`,
  },
  { id: 'ms', title: 'Duration', number: true, of: ({ ms }) => ms, show: ({ ms }) => `${ms.toFixed(ms < 10 ? 2 : 0)} ms` },
  { id: 'operation', title: 'Operation', of: ({ operation }) => operation },
  { id: 'decided_by', title: 'Decided by', of: (row) => row.decided_by, show: (row) => row.decided_by ?? '' },
  { id: 'subject', title: 'Caller', of: ({ subject }) => subject, show: ({ subject }) => subject ?? '', class: 'id' },
  { id: 'request_id', title: 'Request id', of: (row) => row.request_id, class: 'id' },
  { id: 'trace_id', title: 'Trace', of: (row) => row.trace_id, show: (row) => row.trace_id ?? '', class: 'id' },
]

const outcomes = {
  all: ['All', () => true],
  decided: ['Ended by a policy', (request) => request.decided_by !== null],
  client: ['4xx', ({ status }) => status >= 400 && status < 500],
  server: ['5xx', ({ status }) => status >= 500],
}

/** The last requests of this process, or of all workers. */
export function Requests({ requests }) {
  const [filter, setFilter] = useState('')
  const [outcome, setOutcome] = useState('all')
  const rows = useMemo(
    () =>
      requests.filter(
        (request) => outcomes[outcome][1](request) && matches(filter, ...columns.map((column) => column.of(request) ?? '')),
      ),
    [requests, filter, outcome],
  )
  return html`<section>
    <div class="bar">
      <${Filter} label="Filter" value=${filter} onChange=${setFilter} />
      <label>Outcome <select value=${outcome} onChange=${(event) => setOutcome(event.target.value)}>
        ${Object.entries(outcomes).map(([id, [title]]) => html`<option key=${id} value=${id}>${title}</option>`)}</select></label>
      <p class="soft">${rows.length} of the last ${requests.length} requests; processes on other machines have pages of their own.</p>
    </div>
    <${Table} caption="Last requests" columns=${columns} rows=${rows} keyOf=${({ number }) => number}
      empty="No request yet, or none that fits." />
  </section>`
}
