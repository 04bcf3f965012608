import { html } from './preact.js'

const time = (text) => new Date(text).toLocaleString('en-GB')

/** What serves, what it changed, what came of the last reload, and how the services are. */
export function Generation({ state }) {
  const { generation, last_reload: reload, services } = state
  return html`<section class="cards">
    <div class="card">
      <h2>Generation ${generation.number}</h2>
      <p>Serves since ${time(generation.since)}${generation.draining ? ', and is told to stop' : ''}.</p>
      <${Changes} changes=${generation.changes} />
      <p class="soft">What is served is written in gateway.yaml and openapi.yaml, and changed there.</p>
    </div>
    <div class="card">
      <h2>Last reload</h2>
      ${reload === null ? html`<p>There was none since the process began.</p>` : html`<${Reload} reload=${reload} />`}
    </div>
    <div class="card">
      <h2>Services</h2>
      ${Object.keys(services).length === 0 && html`<p>None has a state.</p>`}
      <ul class="plain">${Object.entries(services).map(
        ([name, { healthy, latencyMs, detail }]) => html`<li key=${name}><strong>${name}</strong>${' '}
        <span class=${healthy ? 'good' : 'bad'}>${healthy ? 'healthy' : 'unhealthy'}</span>${' '}
        <span class="soft">${latencyMs.toFixed(1)} ms ${detail ?? ''}</span></li>`,
      )}</ul>
    </div>
    <${ProcessCard} process=${state.process} />
  </section>`
}

function Changes({ changes }) {
  if (changes === null) return html`<p>It is the first one.</p>`
  const lists = ['added', 'changed', 'removed'].filter((name) => changes[name].length > 0)
  if (lists.length === 0) return html`<p>No operation differs from the generation before.</p>`
  return html`<p>Operations, compared with the generation before:</p>
    <dl class="facts">${lists.map((name) => html`<dt key=${name}>${name}</dt><dd>${changes[name].join(', ')}</dd>`)}</dl>`
}

function Reload({ reload }) {
  const { outcome, at, ms, error, diagnostics } = reload
  const words = {
    applied: 'was applied',
    refused: 'was refused: the documents or handlers have errors, and the generation before goes on',
    failed: 'failed: something could not be started, and the generation before goes on',
  }
  return html`<p><span class=${outcome === 'applied' ? 'good' : 'bad'}>It ${words[outcome]}</span> (${time(at)}, ${ms.toFixed(0)} ms).</p>
    ${error !== null && html`<pre>${error}</pre>`}
    <ul class="plain">${diagnostics.map(
      ({ severity, code, message, hint, at }, index) => html`<li key=${index}>
      <span class=${severity === 'error' ? 'bad' : 'late'}>${severity}</span> ${message} <span class="soft">[${code}]</span>
      ${at !== null && html`<div><code>${at}</code></div>`}${hint !== null && html`<div class="soft">${hint}</div>`}</li>`,
    )}</ul>`
}

function ProcessCard({ process }) {
  return html`<div class="card">
    <h2>This process</h2>
    <dl class="facts">
      <dt>Gatefold</dt><dd>${process.version}, Node.js ${process.node}</dd>
      <dt>Process</dt><dd>${process.pid}, since ${time(process.started_at)}${process.worker !== null && `, worker ${process.worker} of ${process.primary}`}</dd>
      <dt>Memory</dt><dd>${(process.memory_bytes / 1024 ** 2).toFixed(0)} MiB</dd>
    </dl>
    <p class="soft">Requests and rates on this page are those of ${process.worker === null ? 'this process alone' : 'all workers of one primary'}; tasks are those of all processes.</p>
  </div>`
}
