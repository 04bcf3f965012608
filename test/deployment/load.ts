/** Steady requests over connections that are kept open, and what became of them. */
import { Agent, request } from 'node:http'

export interface LoadOptions {
  url: string
  method?: string
  headers?: (index: number) => Record<string, string>
  body?: string
  connections: number
  /** Milliseconds that each connection pauses between two requests. */
  pause?: number
}

export interface LoadResult {
  requests: number
  seconds: number
  /** Answers by status, and what did not get one by its error. */
  outcomes: Record<string, number>
  /** Milliseconds, sorted. */
  times: number[]
}

export function startLoad({
  url,
  method = 'GET',
  headers,
  body,
  connections,
  pause = 0,
}: LoadOptions): () => Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const began = performance.now()
  const outcomes: Record<string, number> = {}
  const times: number[] = []
  let ended = false
  let sent = 0

  function send(): Promise<string> {
    const sentAt = performance.now()
    return new Promise((resolve) => {
      const outgoing = request(url, { method, agent, headers: headers?.(sent++) ?? {} }, (answer) => {
        answer.resume()
        answer.on('end', () => {
          times.push(performance.now() - sentAt)
          resolve(String(answer.statusCode))
        })
        answer.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      outgoing.end(body)
    })
  }

  async function keepAsking(): Promise<void> {
    while (!ended) {
      const outcome = await send()
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  const running = Array.from({ length: connections }, keepAsking)
  return async function stop() {
    ended = true
    await Promise.all(running)
    agent.destroy()
    const requests = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
    return { requests, seconds: (performance.now() - began) / 1000, outcomes, times: times.toSorted((a, b) => a - b) }
  }
}
