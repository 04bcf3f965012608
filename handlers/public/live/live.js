import { io } from '/ws/socket.io.esm.min.js'

const api = new URL('.', location.href).href.replace(/\/$/, '')
const ended = new Set(['completed', 'failed', 'cancelled'])
/** What is shown of each task, by id; `seq` is its last event that has arrived. */
const tasks = new Map()
let token

const byId = (id) => document.getElementById(id)

async function call(method, path, body) {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }) }
  const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.detail ?? answer.title)
  return answer
}

byId('login').addEventListener('submit', async (event) => {
  event.preventDefault()
  byId('refusal').textContent = ''
  try {
    const { email, password } = Object.fromEntries(new FormData(event.target))
    token = (await call('POST', '/auth/login', { email, password })).access_token
    byId('login').hidden = true
    document.querySelector('main').hidden = false
    for (const task of (await call('GET', '/tasks?limit=20')).tasks.reverse()) show(task)
    follow()
  } catch (error) {
    byId('refusal').textContent = error.message
  }
})

function follow() {
  const socket = io({ path: '/ws', transports: ['websocket'], auth: { token } })
  const say = (text) => {
    byId('state').textContent = text
  }
  socket.on('connect', async () => {
    // After a pause: whatever happened behind the last event of each task that has not ended.
    const open = [...tasks.values()].filter(({ status }) => !ended.has(status))
    const answer = await socket.emitWithAck('tasks:watch', { after: Object.fromEntries(open.map(({ id, seq }) => [id, seq])) })
    say(answer.ok ? 'connected' : answer.error.title)
  })
  socket.on('disconnect', () => say('not connected'))
  socket.on('connect_error', (error) => say(error.data?.title ?? 'not connected'))
  socket.on('task:event', apply)
}

function apply({ task_id, seq, status, progress, data }) {
  const task = tasks.get(task_id) ?? add(task_id)
  task.seq = seq
  task.status = status
  if (progress !== undefined) task.progress = progress
  if (data?.message !== undefined) task.message = data.message
  if (data?.error !== undefined) task.message = data.error.title
  draw(task)
}

function show({ task_id, last_seq, status, progress, message, error }) {
  Object.assign(add(task_id), { seq: last_seq, status, progress, message: error?.title ?? message })
  draw(tasks.get(task_id))
}

function add(id) {
  const row = document.createElement('li')
  const part = (name, className) => {
    const element = document.createElement(name)
    element.className = className
    row.append(element)
    return element
  }
  const status = part('span', 'status')
  const message = part('span', 'message')
  const bar = part('progress', 'bar')
  const cancel = part('button', 'cancel')
  cancel.textContent = 'Cancel'
  cancel.addEventListener('click', () => call('DELETE', `/tasks/${id}`).catch((error) => (message.textContent = error.message)))
  bar.setAttribute('aria-label', 'progress')
  row.dataset.task = id
  byId('tasks').prepend(row)
  const task = { id, seq: 0, status: 'queued', progress: null, message: null, row, parts: { status, message, bar, cancel } }
  tasks.set(id, task)
  return task
}

function draw({ row, status, progress, message, parts }) {
  row.dataset.status = status
  parts.status.textContent = status
  parts.message.textContent = message ?? ''
  parts.bar.max = 1
  parts.bar.value = progress ?? 0
  parts.cancel.disabled = ended.has(status)
}

function start(id, makeRequest) {
  byId(id).addEventListener('click', async () => {
    const { task_id, status } = await call('POST', '/agents/execute/async', makeRequest())
    // Its first event may have been here before this answer.
    if (!tasks.has(task_id)) show({ task_id, last_seq: 0, status, progress: null, message: null })
  })
}

start('text', () => ({
  agent_name: 'text_analyst',
  task_type: 'summarize',
  parameters: { text: 'The harbour was quiet that morning. Gulls circled above the boats, waiting for scraps. '.repeat(4000) },
}))
start('csv', () => ({
  agent_name: 'csv_profiler',
  task_type: 'profile',
  parameters: { csv: `id,price,city\n${Array.from({ length: 25_000 }, (_, i) => `${i},${(i * 7919) % 1000},city ${i % 97}`).join('\n')}\n` },
}))
start('formulas', () => ({
  agent_name: 'calculator',
  task_type: 'derive',
  parameters: {
    columns: { x: Array.from({ length: 5000 }, (_, i) => i / 100) },
    formulas: Array.from({ length: 100 }, (_, i) => ({ name: `y${i}`, expression: i === 0 ? 'x + 1' : `y${i - 1} * 0.5 + x` })),
  },
}))
