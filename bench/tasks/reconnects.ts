import { io, type Socket } from 'socket.io-client'
import { crowd, type Project, pause, post, sign, startMember } from './project.ts'

/** Clients that watch tasks, are cut off again and again, and come back to one or the other of two api processes. */
export async function cutOff(
  project: Project,
  clients: number,
  tasksEach: number,
  cuts: number,
): Promise<Record<string, number>> {
  const [one, two, worker] = await Promise.all([
    startMember(project, 'api'),
    startMember(project, 'api'),
    startMember(project, 'worker'),
  ])
  const faults = { missed: 0, 'out of order or twice': 0, unfinished: 0 }
  let events = 0
  const watchers: { token: string; ids: string[]; seen: Map<string, number>; ended: Set<string>; socket: Socket | undefined }[] =
    []

  function connect(watcher: (typeof watchers)[number], url: string): void {
    watcher.socket?.disconnect()
    const socket = io(url, {
      path: '/ws',
      transports: ['websocket'],
      auth: { token: watcher.token },
      forceNew: true,
      reconnection: false,
    })
    watcher.socket = socket
    const take = ({ task_id, seq, type, status }: { task_id: string; seq: number; type: string; status: string }) => {
      if (watcher.socket !== socket) return
      const last = watcher.seen.get(task_id) ?? 0
      if (seq > last + 1) faults.missed += seq - last - 1
      else if (seq <= last) faults['out of order or twice']++
      watcher.seen.set(task_id, Math.max(last, seq))
      events++
      if (type === 'status' && status === 'completed') watcher.ended.add(task_id)
    }
    socket.on('task:event', take)
    socket.on('connect', () => {
      for (const task_id of watcher.ids) {
        if (watcher.ended.has(task_id)) continue
        socket.emit('task:watch', { task_id, after: watcher.seen.get(task_id) ?? 0 }, (answer: any) =>
          answer.events?.forEach(take),
        )
      }
    })
  }

  await crowd(clients, 8, async (i) => {
    const token = await sign(`user-${i}`)
    const watcher = { token, ids: [] as string[], seen: new Map(), ended: new Set<string>(), socket: undefined }
    watchers.push(watcher)
    for (let n = 0; n < tasksEach; n++) watcher.ids.push((await post(i % 2 ? one.url : two.url, 'noisy', token)).id as string)
    connect(watcher, one.url)
  })
  for (let cut = 1; cut <= cuts; cut++) {
    await pause(1000)
    await crowd(clients, clients, async (i) => {
      await pause(Math.random() * 1000)
      const watcher = watchers[i]
      if (watcher !== undefined) connect(watcher, (i + cut) % 2 ? one.url : two.url)
    })
  }
  const until = performance.now() + 60_000
  const open = () => watchers.reduce((sum, { ids, ended }) => sum + ids.length - ended.size, 0)
  while (open() > 0 && performance.now() < until) await pause(100)
  faults.unfinished = open()
  for (const { socket } of watchers) socket?.disconnect()
  await Promise.all([one, two, worker].map((member) => member.kill('SIGTERM')))
  return { clients, tasks: clients * tasksEach, cuts, events, ...faults }
}
