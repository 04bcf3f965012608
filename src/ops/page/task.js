import { html, useEffect, useState } from './preact.js'
import { ask } from './server.js'

const open = ['queued', 'active', 'retrying']
const pretty = (value) => JSON.stringify(value, undefined, 2)

/** One task: what it was asked, what came of it, its log; cancel and start over. */
export function Task({ task, onChange }) {
  const [detail, setDetail] = useState()
  const [failure, setFailure] = useState()
  const { task_id: id, status, last_seq: last } = task

  useEffect(() => {
    ask(`tasks/${id}`).then(setDetail, (error) => setFailure(error.message))
  }, [id, status, last])

  async function change(what, question) {
    if (!confirm(question)) return
    setFailure(undefined)
    await ask(`tasks/${id}/${what}`, 'POST').catch((error) => setFailure(error.message))
    onChange()
  }

  return html`<div class="task">
    <div class="bar">
      ${open.includes(status) && html`<button type="button" class="danger" onClick=${() => change('cancel', `Cancel the task ${id}?`)}>Cancel</button>`}
      ${
        (status === 'failed' || status === 'cancelled') &&
        html`<button type="button" onClick=${() => change('retry', `Start the task ${id} over, with all its attempts?`)}>Start over</button>`
      }
      ${failure !== undefined && html`<p class="bad" role="alert">${failure}</p>`}
    </div>
    ${detail === undefined ? html`<p class="soft">…</p>` : html`<${Detail} detail=${detail} />`}
  </div>`
}

function Detail({ detail }) {
  const { payload, result, error, events, request_id, run_at, worker, held } = detail
  const parts = [
    ['Payload', payload],
    ['Result', result],
    ['Error', error],
  ].filter(([, value]) => value !== null && value !== undefined)
  return html`<dl class="facts">
      <dt>Request id</dt><dd>${request_id}</dd>
      <dt>Due</dt><dd>${new Date(run_at).toLocaleString('en-GB')}${held ? ' (held back: another task of its owner runs)' : ''}</dd>
      ${worker !== null && html`<dt>Worker</dt><dd>${worker}</dd>`}
    </dl>
    <div class="columns">
      ${parts.map(([title, value]) => html`<figure key=${title}><figcaption>${title}</figcaption><pre tabindex="0">${pretty(value)}</pre></figure>`)}
      <figure><figcaption>Log (the last ${events.length})</figcaption><ol class="events" tabindex="0">${events.map(
        ({ seq, at, type, status, progress, data }) => html`<li key=${seq}>
        <span class="soft">${seq} ${new Date(at).toLocaleTimeString('en-GB')}</span> ${type === 'status' ? html`<strong>${status}</strong>` : type}
        ${progress === undefined ? '' : ` ${Math.round(progress * 100)} %`} ${data === undefined ? '' : html`<code>${JSON.stringify(data)}</code>`}</li>`,
      )}</ol></figure>
    </div>`
}
