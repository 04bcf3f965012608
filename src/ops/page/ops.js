import { Generation } from './generation.js'
import { Operations } from './operations.js'
import { html, render, useEffect, useState } from './preact.js'
import { Requests } from './requests.js'
import { ask, dropCredentials, Refused } from './server.js'
import { SignIn } from './sign-in.js'
import { Tasks } from './tasks.js'
import { createHistory } from './traffic.js'

/** Milliseconds between two looks, and how many requests the page keeps. */
const pace = 2000
const keptRequests = 500

const views = { operations: 'Operations', requests: 'Requests', tasks: 'Tasks', generation: 'Generation' }
const viewInAddress = () => (Object.hasOwn(views, location.hash.slice(1)) ? location.hash.slice(1) : 'operations')

function App() {
  const [session, setSession] = useState(0)
  const [refusal, setRefusal] = useState()
  const signIn = () => {
    setRefusal(undefined)
    setSession(session + 1)
  }
  function refused(error) {
    if (!(error instanceof Refused) || (error.status !== 401 && error.status !== 403)) return
    dropCredentials()
    setRefusal({ challenge: error.challenge, message: error.message, tried: session > 0 })
  }
  if (refusal !== undefined) return html`<${Frame}><${SignIn} refusal=${refusal} onSignIn=${signIn} /><//>`
  return html`<${Page} key=${session} onRefused=${refused} onSignOut=${() => {
    dropCredentials()
    signIn()
  }} />`
}

function Page({ onRefused, onSignOut }) {
  const [view, setView] = useState(viewInAddress())
  const [live, setLive] = useState(true)
  const [data, setData] = useState()
  const [trouble, setTrouble] = useState()

  useEffect(() => {
    const follow = () => setView(viewInAddress())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  useEffect(() => {
    if (!live && data !== undefined) return
    return keepLooking(setData, setTrouble, onRefused)
  }, [live])

  if (data === undefined) return html`<${Frame}><p class="soft" role="status">${trouble ?? '…'}</p><//>`
  const { state, operations, rates, requests } = data
  const failed = state.last_reload !== null && state.last_reload.outcome !== 'applied'
  return html`<${Frame} nav=${html`<nav aria-label="Views">${Object.entries(views)
    .filter(([id]) => id !== 'tasks' || state.tasks)
    .map(
      ([id, title]) => html`<a key=${id} href=${`#${id}`} aria-current=${view === id ? 'page' : undefined}>${title}</a>`,
    )}</nav>
    <label><input type="checkbox" checked=${live} onChange=${(event) => setLive(event.target.checked)} /> Live</label>
    <span class="soft operator" title=${state.operator ?? ''}>${state.operator ?? ''}</span>
    <button type="button" onClick=${onSignOut}>Sign out</button>`}>
    ${trouble !== undefined && html`<p class="card bad" role="alert">What is shown is old: ${trouble}</p>`}
    ${failed && html`<p class="card bad" role="alert">The last reload was not applied; generation ${state.generation.number} goes on. <a href="#generation">Why?</a></p>`}
    ${view === 'operations' && html`<${Operations} operations=${operations} rates=${rates} />`}
    ${view === 'requests' && html`<${Requests} requests=${requests} />`}
    ${view === 'tasks' && state.tasks && html`<${Tasks} live=${live} operations=${operations} onRefused=${onRefused} />`}
    ${view === 'generation' && html`<${Generation} state=${state} />`}
  <//>`
}

function Frame({ nav, children }) {
  return html`<header><h1>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M2 4l9 3v13l-9-3z" /><path d="M22 4l-9 3v13l9-3z" /></svg>
    Gatefold <span class="soft">operator page</span></h1>${nav}</header><main>${children}</main>`
}

/** Looks at once and then again and again while the page is seen; gives a function that ends it. */
function keepLooking(setData, setTrouble, onRefused) {
  const history = createHistory()
  let requests = []
  let operations
  let generation
  let timer
  let over = false

  async function look() {
    const after = requests[0]?.number ?? 0
    const [state, traffic, fresh] = await Promise.all([ask('state'), ask('traffic'), ask(`requests?after=${after}`)])
    // Workers are counted together, by their primary.
    const { primary, pid, started_at } = state.process
    const started = primary === null ? `${started_at.slice(0, 16)} ${pid}` : `${primary}`
    // A new generation may serve other operations; another process counts its requests from the beginning.
    if (generation !== `${started} ${state.generation.number}`) {
      operations = (await ask('operations')).operations
      if (generation !== undefined && !generation.startsWith(started)) requests = []
      generation = `${started} ${state.generation.number}`
    }
    history.add(traffic)
    requests = [...fresh.requests, ...requests].slice(0, keptRequests)
    return { state, operations, rates: history.now(), requests }
  }

  async function turn() {
    try {
      const data = document.hidden ? undefined : await look()
      if (over) return
      if (data !== undefined) setData(data)
      setTrouble(undefined)
    } catch (error) {
      if (over) return
      setTrouble(error.message)
      onRefused(error)
    }
    if (!over) timer = setTimeout(turn, pace)
  }

  turn()
  return () => {
    over = true
    clearTimeout(timer)
  }
}

render(html`<${App} />`, document.getElementById('app'))
