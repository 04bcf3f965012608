import { io } from 'socket.io-client'
import t from 'tap'
import { createProject, type Member, pause, post, sign, startMember } from '../../bench/tasks/project.ts'
import type { TaskEvent } from '../../src/tasks/states.ts'
import { serverUrl } from '../database.ts'

t.test(
  'two api processes and workers that come and go',
  { skip: serverUrl === '' && 'several processes need DATABASE_URL' },
  async (t) => {
    const project = await createProject(serverUrl)
    t.teardown(() => project.remove())
    const members: Member[] = []
    t.teardown(() => Promise.all(members.map((member) => member.kill('SIGKILL'))))
    const start = async (role: 'api' | 'worker') => {
      const member = await startMember(project, role)
      members.push(member)
      return member
    }
    const [one, two, worker] = (await Promise.all([start('api'), start('api'), start('worker')])) as [Member, Member, Member]
    const token = await sign('ada')
    const headers = { authorization: `Bearer ${token}` }
    const task = async (id: string | undefined) => (await (await fetch(`${two.url}/tasks/${id}`, { headers })).json()) as any
    const until = async (id: string | undefined, matches: (task: any) => boolean) => {
      for (;;) {
        const found = await task(id)
        if (matches(found)) return found
        await pause(50)
      }
    }

    await t.test('a task taken in by one process runs in another and is followed on a third', async (t) => {
      const { id } = await post(one.url, 'noisy', token)
      const socket = io(two.url, { path: '/ws', transports: ['websocket'], auth: { token }, forceNew: true })
      t.teardown(() => socket.disconnect())
      const numbers: number[] = []
      const ended = new Promise<void>((resolve) => {
        socket.on('task:event', ({ seq, status }: TaskEvent) => {
          numbers.push(seq)
          if (status === 'completed') resolve()
        })
      })
      const answer = await socket.timeout(60_000).emitWithAck('task:watch', { task_id: id })
      await ended
      const all = [...answer.events.map(({ seq }: TaskEvent) => seq), ...numbers]
      t.same(
        all,
        all.map((_, i) => i + 1),
      )
    })

    await t.test('a cancel reaches the process that runs the task', async (t) => {
      const { id } = await post(one.url, 'endless', token)
      await until(id, ({ status }) => status === 'active')
      t.equal((await fetch(`${two.url}/tasks/${id}`, { method: 'DELETE', headers })).status, 202)
      t.match(await until(id, ({ status }) => status !== 'active'), { status: 'cancelled' })
    })

    await t.test('a worker that is told to stop hands its tasks back, and one that is killed loses none', async (t) => {
      const { id } = await post(one.url, 'endless', token)
      await until(id, ({ status }) => status === 'active')
      await worker.kill('SIGTERM')
      t.equal(worker.process.exitCode, 0)
      t.match(await task(id), { status: 'queued', attempt: 0 })

      const second = await start('worker')
      await until(id, ({ status }) => status === 'active')
      await second.kill('SIGKILL')
      await start('worker')
      t.match(await until(id, ({ attempt }) => attempt === 2), { status: /retrying|active/ })
      await fetch(`${two.url}/tasks/${id}`, { method: 'DELETE', headers })
      t.match(await until(id, ({ status }) => status === 'cancelled'), { attempt: 2 })
    })

    await t.test('an api process that is told to stop exits in order', async (t) => {
      await one.kill('SIGTERM')
      t.equal(one.process.exitCode, 0)
    })
  },
)
