import { html, useMemo, useState } from './preact.js'

/** Numbers by size, all else by text; what is not there comes last, whichever way. */
function compare(a, b, down) {
  if (a === b) return 0
  if (a === undefined || a === null) return 1
  if (b === undefined || b === null) return -1
  const both = typeof a === 'number' && typeof b === 'number'
  return (both ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true })) * (down ? -1 : 1)
}

/**
 * A table that is sorted by its head. `columns`: `{ id, title, of(row), show?(row), number?, class? }`; `detail(row)` opens below a row.
 * Without `sort` the rows stand as they come.
 */
export function Table({ caption, columns, rows, keyOf, sort, detail, open, onOpen, empty }) {
  const [order, setOrder] = useState(sort)
  const sorted = useMemo(() => {
    const column = columns.find(({ id }) => id === order?.by)
    if (column === undefined) return rows
    return rows.toSorted((a, b) => compare(column.of(a), column.of(b), order.down))
  }, [rows, order])
  const by = (column) => setOrder({ by: column.id, down: order?.by === column.id ? !order.down : column.number === true })

  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}><table>
    <caption class="hidden">${caption}</caption>
    <thead><tr>${columns.map(
      (column) => html`<th key=${column.id} scope="col" class=${column.number ? 'number' : ''}
        aria-sort=${order?.by === column.id ? (order.down ? 'descending' : 'ascending') : 'none'}>
        <button type="button" onClick=${() => by(column)}>${column.title}</button></th>`,
    )}</tr></thead>
    <tbody>${sorted.map((row) => {
      const key = keyOf(row)
      return html`<${Row} key=${key} ...${{ row, id: key, columns, detail, opened: open === key, onOpen }} />`
    })}</tbody>
  </table>${rows.length === 0 && html`<p class="soft empty">${empty}</p>`}</div>`
}

function Row({ row, id, columns, detail, opened, onOpen }) {
  const [first, ...others] = columns
  const show = (column) => (column.show ?? column.of)(row)
  const toggle = () => onOpen(opened ? undefined : id)
  return html`<tr class=${opened ? 'opened' : ''}>
      <th scope="row" class=${first.class ?? ''}>${
        detail === undefined
          ? show(first)
          : html`<button type="button" class="link" aria-expanded=${opened} onClick=${toggle}>${show(first)}</button>`
      }</th>
      ${others.map(
        (column) =>
          html`<td key=${column.id} class=${`${column.number ? 'number' : ''} ${column.class ?? ''}`}>${show(column)}</td>`,
      )}
    </tr>
    ${opened && detail !== undefined && html`<tr class="detail"><td colspan=${columns.length}>${detail(row)}</td></tr>`}`
}

/** True when some of the texts hold all words of the filter. */
export function matches(filter, ...texts) {
  const text = texts.join(' ').toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

export function Filter({ label, value, onChange }) {
  return html`<label class="filter">${label}
    <input type="search" value=${value} onInput=${(event) => onChange(event.target.value)} /></label>`
}
