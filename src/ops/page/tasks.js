import { html, useEffect, useState } from './preact.js'
import { ask } from './server.js'
import { Table } from './table.js'
import { Task } from './task.js'

const states = ['queued', 'active', 'retrying', 'completed', 'failed', 'cancelled']
const stateClass = { failed: 'bad', retrying: 'late', completed: 'good' }
const time = (text) => (text === null ? '' : new Date(text).toLocaleString('en-GB'))

const columns = [
  { id: 'task_id', title: 'Task', of: (row) => row.task_id, class: 'id' },
  { id: 'operation', title: 'Operation', of: ({ operation }) => operation },
  { id: 'owner', title: 'Owner', of: ({ owner }) => owner, show: ({ owner }) => owner ?? 'nobody', class: 'id' },
  {
    id: 'status',
    title: 'State',
    of: ({ status }) => status,
    show: (row) =>
      html`<span class=${stateClass[row.status] ?? ''}>${row.status}${row.cancel_requested && row.status === 'active' ? ' (stopping)' : ''}</span>`,
  },
  {
    id: 'attempt',
    title: 'Attempt',
    number: true,
    of: ({ attempt }) => attempt,
    show: (row) => `${row.attempt} of ${row.max_attempts}`,
  },
  {
    id: 'progress',
    title: 'Progress',
    number: true,
    of: ({ progress }) => progress,
    show: ({ progress }) => (progress === null ? '' : `${Math.round(progress * 100)} %`),
  },
  {
    id: 'message',
    title: 'Says',
    of: (row) => row.error?.detail ?? row.error?.title ?? row.message,
    show: (row) => row.error?.detail ?? row.error?.title ?? row.message ?? '',
    class: 'wide',
  },
  { id: 'created_at', title: 'Submitted', of: (row) => row.created_at, show: (row) => time(row.created_at), class: 'nowrap' },
  { id: 'finished_at', title: 'Ended', of: (row) => row.finished_at, show: (row) => time(row.finished_at), class: 'nowrap' },
]

/** Tasks of all processes, by state. */
export function Tasks({ live, operations, onRefused }) {
  const [state, setState] = useState('')
  const [operation, setOperation] = useState('')
  const [counts, setCounts] = useState({})
  const [page, setPage] = useState()
  const [cursor, setCursor] = useState('')
  const [open, setOpen] = useState()
  const [again, setAgain] = useState(0)

  async function look(isCurrent) {
    const query = new URLSearchParams({
      limit: '50',
      ...(state && { status: state }),
      ...(operation && { operation }),
      ...(cursor && { cursor }),
    })
    try {
      const [found, counted] = await Promise.all([ask(`tasks?${query}`), ask('tasks/counts')])
      if (!isCurrent()) return
      setPage(found)
      setCounts(counted)
    } catch (error) {
      if (isCurrent()) onRefused(error)
    }
  }

  useEffect(() => {
    let current = true
    const isCurrent = () => current
    look(isCurrent)
    const timer = live ? setInterval(() => document.hidden || look(isCurrent), 3000) : undefined
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [state, operation, cursor, live, again])

  const choose = (set) => (value) => {
    set(value)
    setCursor('')
  }
  const many = (count) => (count === undefined ? '' : count >= counts.counted_at_most ? `${count}+` : count)
  return html`<section>
    <div class="bar">
      <div class="choices" role="group" aria-label="State">
        ${['', ...states].map(
          (name) => html`<button type="button" key=${name} aria-pressed=${state === name} onClick=${() => choose(setState)(name)}>
          ${name === '' ? 'all' : name} <span class="soft">${name === '' ? '' : many(counts.counts?.[name])}</span></button>`,
        )}
      </div>
      <label>Operation <select value=${operation} onChange=${(event) => choose(setOperation)(event.target.value)}>
        <option value="">all</option>
        ${operations.filter(({ target }) => target === 'task').map(({ id }) => html`<option key=${id} value=${id}>${id}</option>`)}</select></label>
      <p class="soft">Tasks of all processes, newest first.</p>
    </div>
    <${Table} caption="Tasks" columns=${columns} rows=${page?.tasks ?? []} keyOf=${(row) => row.task_id} open=${open} onOpen=${setOpen}
      detail=${(row) => html`<${Task} task=${row} onChange=${() => setAgain(again + 1)} />`}
      empty=${page === undefined ? '…' : 'No task fits.'} />
    <div class="bar">
      ${cursor !== '' && html`<button type="button" onClick=${() => setCursor('')}>Newest</button>`}
      ${page?.next_cursor && html`<button type="button" onClick=${() => setCursor(page.next_cursor)}>Older</button>`}
    </div>
  </section>`
}
