import { io } from '/ws/socket.io.esm.min.js'

/** Where the API begins: this page lies right below it. */
const api = new URL('.', location.href).pathname.slice(0, -1)
const byId = (id) => document.getElementById(id)

/** An element with its properties and children; strings become text, never markup. */
function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children)
  return element
}

// ── The session. It lives as long as the tab; nothing but this page's own script runs here (see its content security policy).

const stored = (key) => JSON.parse(sessionStorage.getItem(key) ?? 'null')
const store = (key, value) => sessionStorage.setItem(key, JSON.stringify(value))
/** Milliseconds before its end at which an access token is replaced. */
const margin = 60_000
let session = stored('session')
let renewing
let renewal

/** What the API said no to: a problem (RFC 9457). */
class Refusal extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title)
    this.problem = problem
  }
}

async function send(method, path, body, token) {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }) }
  const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) }).catch(() => undefined)
  if (response === undefined) throw new Refusal({ title: 'The server cannot be reached. Try again in a moment.' })
  const answer = await response
    .json()
    .catch(() => ({ title: `The server answered ${response.status}.`, status: response.status }))
  if (!response.ok) throw new Refusal(answer)
  return answer
}

/** As whoever is signed in; an answer that comes after they have left is nobody's. */
async function call(method, path, body) {
  const caller = session
  try {
    const answer = await send(method, path, body, await freshToken())
    if (caller === session) return answer
  } catch (error) {
    if (caller === session) endOn401(error)
    throw error
  }
  throw signedOut()
}

const signedOut = () => new Refusal({ title: 'You are signed out.' })

function keep({ access_token, refresh_token, expires_in }) {
  Object.assign(session, { access_token, refresh_token, expires_at: Date.now() + expires_in * 1000 })
  store('session', session)
}

/** A token that works for a while. A refresh token works once, so whoever needs a new token waits for the same renewal. */
async function freshToken() {
  const caller = session
  if (caller === null) throw signedOut()
  if (caller.expires_at - Date.now() < margin) {
    renewing ??= send('POST', '/auth/refresh', { refresh_token: caller.refresh_token })
      .then((tokens) => caller === session && keep(tokens))
      .finally(() => (renewing = undefined))
    await renewing
  }
  return caller.access_token
}

function endOn401(error) {
  if (error instanceof Refusal && error.problem.status === 401 && session !== null)
    leave('Your session has ended. Log in to go on.')
}

// ── Signing in and out.

byId('account').addEventListener('submit', (event) => {
  const credentials = Object.fromEntries(new FormData(event.target))
  submit(event, async (action) => {
    if (action === 'register') await send('POST', '/auth/register', credentials)
    const tokens = await send('POST', '/auth/login', credentials)
    session = { email: credentials.email }
    keep(tokens)
    event.target.reset()
    enter()
    byId('task').focus()
  })
})

byId('sign-out').addEventListener('click', () => {
  // Whatever the answer is, this tab forgets the tokens.
  send('POST', '/auth/logout', { refresh_token: session.refresh_token }).catch(() => {})
  leave('')
})

async function enter() {
  showView(true)
  setState('reconnecting', 'connecting…')
  await freshToken().catch(endOn401)
  if (session === null) return
  listAgents().catch((error) => showRefusal(byId('start'), error))
  follow()
}

function leave(reason) {
  session = null
  sessionStorage.clear()
  clearTimeout(renewal)
  socket?.disconnect()
  socket = undefined
  tasks.clear()
  byId('tasks').replaceChildren()
  byId('older').hidden = byId('none').hidden = true
  byId('ended').textContent = reason
  byId('ended').hidden = reason === ''
  setState('signed-out', 'signed out')
  showView(false)
  byId('account').elements.email.focus()
}

function showView(signedIn) {
  byId('signed-out').hidden = signedIn
  byId('signed-in').hidden = byId('sign-out').hidden = !signedIn
  byId('who').textContent = session?.email ?? ''
}

function setState(state, text) {
  byId('state').dataset.state = state
  byId('state').textContent = text
}

/** Sends a form by `work`, to which the pressed button's value is given; what is refused is said below its fields. */
async function submit(event, work) {
  event.preventDefault()
  const form = event.target
  const buttons = form.querySelectorAll('.buttons button')
  clearRefusal(form)
  for (const button of buttons) button.disabled = true
  try {
    await work(event.submitter?.value)
  } catch (error) {
    showRefusal(form, error)
  } finally {
    for (const button of buttons) button.disabled = false
  }
}

function clearRefusal(form) {
  form.querySelector('.refusal').replaceChildren()
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid')
}

/** The problem in words, each finding with its place; the fields that they speak of are marked. */
function showRefusal(form, { message, problem }) {
  const findings = problem?.errors ?? []
  const items = findings.map((finding) =>
    make('li', {}, make('code', {}, `${finding.place} ${finding.pointer}`), ` ${finding.message}`),
  )
  form.querySelector('.refusal').replaceChildren(make('p', {}, message), ...(items.length > 0 ? [make('ul', {}, ...items)] : []))
  const named = new Set(findings.flatMap(({ pointer }) => pointer.split('/')))
  const fields = [...form.elements].filter(({ name }) => named.has(name))
  for (const field of fields) field.setAttribute('aria-invalid', 'true')
  fields[0]?.focus()
}

// ── Starting tasks. The fields come from the JSON Schema of each agent's parameters, so a new agent appears here by itself.

const pick = (list, n) => list[n % list.length]
const range = (length, make) => Array.from({ length }, (_, i) => make(i))

/** Something to start with, by agent or task: inputs large enough that there is something to watch. */
const examples = {
  'calculator/derive': () => ({
    formulas: range(90, (i) => ({
      name: `p${i + 10}`,
      expression: `round(quantile(round(sqrt(abs(noise * ${i + 1})), 3), ${(i + 10) / 100}), 2)`,
    })),
    columns: { noise: range(20_000, (i) => Math.round(1000 * Math.sin(i * i)) / 10) },
  }),
  'calculator/evaluate': () => ({
    expression: 'round(sum(price * count), 2)',
    columns: { price: [19.9, 4.25, 120], count: [3, 12, 1] },
  }),
  csv_profiler: () => ({
    csv: `day,city,price,paid\n${range(30_000, (i) => {
      const day = new Date(Date.UTC(2020, 0, 1 + (i % 2000))).toISOString().slice(0, 10)
      return `${day},${pick(['Oslo', 'Lima', 'Kyoto', 'Accra', ''], i * i + i)},${((i * 7919) % 10_000) / 100},${pick(['yes', 'no'], i >> 2)}`
    }).join('\n')}\n`,
  }),
  language_model: () => ({ prompt: 'Explain in two sentences what an API gateway does.' }),
  text_analyst: () => ({
    text: range(6500, (i) => {
      const who = pick(['The harbour master', 'A wonderful old sailor', 'The tired crew', 'Nobody in town', 'A sudden storm'], i)
      const what = pick(['watched', 'feared', 'repaired', 'praised', 'forgot', 'painted', 'abandoned'], i >> 1)
      const whom = pick(
        ['the broken lighthouse', 'every fishing boat', 'the gulls above the quay', 'a beautiful red sail'],
        i >> 2,
      )
      return `${who} ${what} ${whom} on day ${i}.${i % 9 === 8 ? '\n\n' : ' '}`
    }).join(''),
  }),
  text_differ: () => ({
    before: range(6000, (i) => `${i} ${pick(['open', 'read', 'write', 'close'], i * 3)}`).join('\n'),
    after: range(6000, (i) => `${i} ${pick(['open', 'read', 'write', i % 7 ? 'close' : 'fail'], i * 3)}`).join('\n'),
  }),
}

async function listAgents() {
  const { agents } = await call('GET', '/agents')
  const details = await Promise.all(agents.map(({ name }) => call('GET', `/agents/${name}`)))
  const groups = details.map(({ name, tasks }) => {
    const options = tasks.map((task) =>
      Object.assign(new Option(`${name} · ${task.task_type}`, `${name}/${task.task_type}`), { task }),
    )
    return make('optgroup', { label: name }, ...options)
  })
  byId('task').replaceChildren(...groups)
  const [first] = Object.keys(examples)
  for (const option of byId('task').options) if (option.value === first) option.selected = true
  showFields()
}

byId('task').addEventListener('change', showFields)

function showFields() {
  clearRefusal(byId('start'))
  const { value: key, task } = byId('task').selectedOptions[0]
  const example = (examples[key] ?? examples[key.split('/')[0]])?.() ?? {}
  const { properties, required = [] } = task.parameters
  const [first, further] = [[], []]
  for (const [name, schema] of Object.entries(properties)) {
    const given = example[name] ?? schema.default
    const list = name in example || (required.includes(name) && schema.default === undefined) ? first : further
    list.push(labelled(name, schema, makeField(name, schema, given)))
  }
  byId('description').textContent = task.description
  byId('parameters').replaceChildren(...first)
  byId('more').hidden = further.length === 0
  byId('more').lastElementChild.replaceChildren(...further)
}

/** A form field for one parameter; `read` of it gives the parameter's value, undefined for none. */
function makeField(name, schema, value) {
  const text = value === undefined ? '' : String(value)
  if (schema.enum) {
    const options = schema.enum.map(
      (option) => new Option(JSON.stringify(option).replaceAll('"', ''), option, false, option === value),
    )
    const field = make('select', { name }, ...options)
    return Object.assign(field, { read: () => field.value })
  }
  if (schema.type === 'boolean') {
    const field = make('input', { name, type: 'checkbox', checked: value === true })
    return Object.assign(field, { read: () => field.checked })
  }
  if (schema.type === 'integer' || schema.type === 'number') {
    const field = make('input', { name, type: 'number', value: text, step: schema.type === 'integer' ? '1' : 'any' })
    return Object.assign(field, { read: () => (field.value === '' ? undefined : field.valueAsNumber) })
  }
  if (schema.type === 'string') {
    const field = make(schema.maxLength > 1000 ? 'textarea' : 'input', { name, value: text, spellcheck: false })
    return Object.assign(field, { read: () => field.value || undefined })
  }
  const field = make('textarea', { name, value: value === undefined ? '' : spreadJson(value), spellcheck: false })
  return Object.assign(field, { read: () => (field.value.trim() === '' ? undefined : readJson(name, field.value)) })
}

function labelled(name, { description = '' }, field) {
  const size = make('span')
  const count = () =>
    (size.textContent = field.value.length > 1000 ? ` ${field.value.length.toLocaleString('en')} characters.` : '')
  if (field.localName === 'textarea') field.addEventListener('input', count)
  count()
  const label = name[0].toUpperCase() + name.slice(1).replaceAll('_', ' ')
  return make('label', {}, ...(field.type === 'checkbox' ? [field, label] : [label, field]), make('small', {}, description, size))
}

/** JSON, with a line for each object in a list. */
function spreadJson(value) {
  return JSON.stringify(value).replaceAll('},{', '},\n{')
}

function readJson(name, text) {
  try {
    return JSON.parse(text)
  } catch (error) {
    const errors = [{ place: 'body', pointer: `/parameters/${name}`, message: error.message }]
    throw new Refusal({ title: 'This is not JSON.', errors })
  }
}

byId('start').addEventListener('submit', (event) =>
  submit(event, async (count) => {
    const option = byId('task').selectedOptions[0]
    const [agent_name, task_type] = option.value.split('/')
    const fields = [...event.target.elements].filter(({ read }) => read)
    const parameters = Object.fromEntries(fields.map((field) => [field.name, field.read()]))
    const start = async () => {
      const { task_id, status } = await call('POST', '/agents/execute/async', { agent_name, task_type, parameters })
      nameTask(task_id, option.text)
      // Its first events may have been here before this answer.
      draw(tasks.get(task_id) ?? addTask({ id: task_id, status }))
    }
    const outcomes = await Promise.allSettled(range(Number(count ?? 1), start))
    const refused = outcomes.find(({ status }) => status === 'rejected')
    if (refused) throw refused.reason
    // On a phone the list begins below the form.
    byId('tasks').firstElementChild?.scrollIntoView({ block: 'nearest' })
  }),
)

// ── The list. What is known of a task grows by snapshots (from HTTP) and by events (from the socket); `seq` is its last event.

const tasks = new Map()
const ended = new Set(['completed', 'failed', 'cancelled'])
/** By how much this clock is ahead of the server's, in milliseconds, as far as events tell. */
let ahead = Number.POSITIVE_INFINITY
let nextPage

/** A task does not tell what was asked of it; this tab remembers what it started. */
function nameTask(id, name) {
  const recent = Object.entries(stored('names') ?? {}).slice(-200)
  store('names', { ...Object.fromEntries(recent), [id]: name })
}

function addTask({ id, status }) {
  const row = byId('row').content.firstElementChild.cloneNode(true)
  const parts = Object.fromEntries(
    ['h3', '.pill', '.elapsed', 'progress', '.message', '.cancel', '.retry', 'details', 'pre'].map((selector) => [
      selector.replace('.', ''),
      row.querySelector(selector),
    ]),
  )
  const task = { id, status, seq: 0, progress: null, message: '', started: null, finished: null, result: null, row, parts }
  row.dataset.task = id
  parts.cancel.addEventListener('click', () => act(task, 'DELETE', ''))
  parts.retry.addEventListener('click', () => act(task, 'POST', '/retry'))
  // Large results cost nothing until somebody looks.
  parts.details.addEventListener('toggle', () => {
    parts.pre.textContent = parts.details.open ? shorten(JSON.stringify(task.result.result, null, 2)) : ''
  })
  tasks.set(id, task)
  // Ids begin with the time at which they were made (RFC 9562, version 7).
  byId('tasks').insertBefore(row, [...byId('tasks').children].find((other) => other.dataset.task < id) ?? null)
  return task
}

function shorten(text, most = 100_000) {
  return text.length > most ? `${text.slice(0, most)}\n… and ${(text.length - most).toLocaleString('en')} characters more` : text
}

/** A problem on one line. */
function sentenceOf({ title, detail = title, errors = [] }) {
  const findings = errors.map(({ place, pointer, message }) => `${place} ${pointer} ${message}`)
  return findings.length > 0 ? `${detail}: ${findings.join('; ')}` : detail
}

async function act(task, method, path) {
  try {
    applySnapshot(await call(method, `/tasks/${task.id}${path}`))
  } catch (error) {
    task.message = error.message
    if (tasks.has(task.id)) draw(task)
  }
}

function applySnapshot(snapshot) {
  const task = tasks.get(snapshot.task_id) ?? addTask({ id: snapshot.task_id })
  if (snapshot.last_seq < task.seq) return
  const { last_seq: seq, status, progress, result, error, cancel_requested, started_at, finished_at } = snapshot
  const time = (text) => (text === null ? null : Date.parse(text))
  const message = error ? sentenceOf(error) : (result?.error ?? snapshot.message ?? '')
  // On a task that is started over the first attempt's time stands, which is not what its owner waits for now.
  const started = task.status === 'active' && status === 'active' ? (task.started ?? time(started_at)) : time(started_at)
  Object.assign(task, {
    seq,
    status,
    progress,
    result,
    message,
    stopping: cancel_requested,
    started,
    finished: time(finished_at),
  })
  if (result?.metadata) {
    task.started = Date.parse(result.metadata.started_at)
    task.finished = task.started + result.metadata.duration_ms
    nameTask(task.id, `${result.metadata.agent_name} · ${result.metadata.task_type}`)
  }
  draw(task)
}

function applyEvent({ task_id, seq, type, status, progress, data, at }) {
  const time = Date.parse(at)
  ahead = Math.min(ahead, Date.now() - time)
  const task = tasks.get(task_id) ?? addTask({ id: task_id })
  if (seq <= task.seq) return
  const starts = type === 'status' && status === 'active' && data?.cancel_requested !== true
  if (starts || status === 'queued')
    Object.assign(task, { progress: null, message: '', result: null, stopping: false, finished: null })
  if (starts) task.started = time
  Object.assign(task, { seq, status })
  if (progress !== undefined) task.progress = progress
  if (data?.cancel_requested) task.stopping = true
  if (data?.message !== undefined) task.message = data.message
  if (data?.error !== undefined) task.message = sentenceOf(data.error)
  draw(task)
  if (type !== 'status' || !ended.has(status)) return
  task.finished = time
  byId('news').textContent = `${task.parts.h3.textContent} ${status}`
  // Events carry no results.
  call('GET', `/tasks/${task_id}`).then(applySnapshot, () => draw(task))
}

function draw(task) {
  const { id, row, parts, status, progress, result, stopping, message } = task
  const over = ended.has(status)
  // What an agent could not do is a completed task all the same; its result says how the agent fared.
  const outcome = result?.status ?? status
  const [agent, type] = (stored('names')?.[id] ?? 'A task').split(' · ')
  row.dataset.status = outcome
  parts.h3.replaceChildren(agent, ...(type ? [make('span', {}, ` · ${type}`)] : []))
  parts.pill.textContent = stopping && !over ? 'stopping' : outcome
  parts.message.textContent = outcome === 'completed' ? '' : message || (status === 'queued' ? 'waits for its turn' : '')
  parts.progress.setAttribute('aria-label', `${agent} ${type ?? ''} progress`)
  if (progress === null && status === 'active') parts.progress.removeAttribute('value')
  else parts.progress.value = progress ?? 0
  const focused = [parts.cancel, parts.retry].includes(document.activeElement)
  parts.details.hidden = result?.success !== true
  parts.retry.hidden = status !== 'failed' && status !== 'cancelled'
  parts.cancel.hidden = over
  // Not `disabled`, which would take the focus away; cancelling twice does no harm.
  parts.cancel.ariaDisabled = stopping ? 'true' : null
  // A button that goes takes the focus with it; whoever uses the keyboard stays in the row.
  if (focused) row.querySelector('button:not([hidden]), details:not([hidden]) summary')?.focus()
  drawElapsed(task)
  byId('none').hidden = true
}

function drawElapsed({ started, finished, status, parts }) {
  const until = finished ?? (status === 'active' ? Date.now() - (Number.isFinite(ahead) ? ahead : 0) : null)
  const seconds = started === null || until === null ? null : Math.max(0, until - started) / 1000
  parts.elapsed.textContent =
    seconds === null
      ? ''
      : seconds < 60
        ? `${seconds.toFixed(1)} s`
        : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
}

setInterval(() => {
  for (const task of tasks.values()) if (task.status === 'active') drawElapsed(task)
}, 100)

async function listTasks(cursor) {
  const page = await call(
    'GET',
    `/tasks?operation=executeAgentAsync&limit=20${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
  )
  page.tasks.forEach(applySnapshot)
  if (cursor === undefined && nextPage !== undefined) return
  nextPage = page.next_cursor
  byId('older').hidden = nextPage === null
}

byId('older').addEventListener('click', () => listTasks(nextPage).catch((error) => (byId('news').textContent = error.message)))

// ── The socket. It connects again by itself, with a token of that moment, and names the last event of each task that goes on.

let socket

function follow() {
  const connection = io({
    path: '/ws',
    transports: ['websocket'],
    auth: (give) => freshToken().then((token) => give({ token }), giveUp),
  })
  const giveUp = (error) => {
    endOn401(error)
    // Without a token there is no handshake; the next attempt comes after a pause.
    connection.io.engine?.close()
  }
  const again = (pause) => setTimeout(() => connection === socket && connection.connect(), pause)
  connection.on('connect', () => catchUp(connection).catch(() => {}))
  connection.on('task:event', applyEvent)
  connection.on('disconnect', (reason) => {
    if (connection !== socket) return
    setState('reconnecting', 'reconnecting…')
    if (reason === 'io server disconnect') again(1000)
  })
  connection.on('connect_error', (error) => {
    if (connection !== socket) return
    setState('reconnecting', error.data ? `${error.data.title}; trying again…` : 'reconnecting…')
    if (error.data?.status === 401) leave('Your session has ended. Log in to go on.')
    else if (!connection.active) again(5000)
  })
  socket = connection
}

async function catchUp(connection) {
  renewBeforeEnd(connection)
  const open = [...tasks.values()].filter(({ status }) => !ended.has(status))
  const watched = await connection
    .timeout(10_000)
    .emitWithAck('tasks:watch', { after: Object.fromEntries(open.map(({ id, seq }) => [id, seq])) })
  if (!watched.ok) return setState('reconnecting', watched.error.title)
  setState('live', 'live')
  // Tasks that began or ended elsewhere meanwhile.
  watched.tasks.forEach(applySnapshot)
  await listTasks()
  byId('none').hidden = tasks.size > 0
}

/** A connection ends with the token that opened it, so it is replaced shortly before. */
function renewBeforeEnd(connection) {
  clearTimeout(renewal)
  const left = session.expires_at - Date.now() - margin
  renewal = setTimeout(() => connection === socket && connection.disconnect().connect(), Math.max(left, 1000))
}

if (session !== null) enter()
