/** Runs in a browser: what a page of another origin does with the client. */
import { io } from 'socket.io-client'
import { createClient, unwrap } from '../../src/client/client.ts'
import { definition } from './project/gatefold.ts'

async function calls(baseUrl: string, token: string): Promise<unknown> {
  const api = createClient(definition, { baseUrl, token: () => token })
  const greeting = await unwrap(api.greet({ params: { name: 'Ada' }, query: { times: 2 } }))
  const refusal = (await api.greet({ params: { name: 'A' } })).error?.errors[0]?.pointer
  const file = new File(['1,2\n'], 'a.csv', { type: 'text/csv' })
  const stored = await unwrap(api.store({ body: { file, place: { x: 1, y: 'here' } } }))

  const streamed = api.count({ body: { to: 2 } })
  const live = createClient(definition, { baseUrl, token: () => token, io }).count({ body: { to: 1, end: 'never' } })
  for await (const { type } of live) if (type === 'progress') live.cancel()
  const kept = await streamed.id
  const resumed = api.tasks.resume('count', kept)
  const events: number[] = []
  for await (const { seq } of resumed) events.push(seq)
  return {
    greeting,
    refusal,
    stored,
    streamed: await unwrap(streamed),
    cancelled: (await live).error?.code,
    resumed: await unwrap(resumed),
    events,
  }
}

Object.assign(globalThis, { calls })
