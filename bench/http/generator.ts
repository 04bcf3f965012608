/** A small load generator, for machines without wrk: `generator.ts <port> <seconds> <connections> <first request> <file of requests>`. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

const [port, seconds, connections, from, file] = process.argv.slice(2) as [string, string, string, string, string]
const requests = readFileSync(file, 'latin1').split('\0')
const latencies: number[] = []
let next = Number(from)
let failed = 0
let over = false

/** One connection: a request is sent when the answer to the one before has arrived. */
function open(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1')
    let sentAt = 0
    let received = ''
    const send = () => {
      sentAt = performance.now()
      socket.write(requests[next++ % requests.length] as string, 'latin1')
    }
    socket.setNoDelay(true).setEncoding('latin1')
    socket.on('connect', send)
    socket.on('error', () => failed++)
    socket.on('close', () => resolve())
    socket.on('data', (data: string) => {
      received += data
      const end = received.indexOf('\r\n\r\n')
      if (end === -1) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0)
      if (received.length < end + 4 + length) return
      latencies.push(performance.now() - sentAt)
      if (!received.startsWith('HTTP/1.1 2')) failed++
      received = ''
      if (over) socket.destroy()
      else send()
    })
  })
}

const began = performance.now()
setTimeout(() => {
  over = true
}, Number(seconds) * 1000)
await Promise.all(Array.from({ length: Number(connections) }, open))
const took = (performance.now() - began) / 1000
latencies.sort((a, b) => a - b)
const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0
console.log(JSON.stringify({ requests: latencies.length, seconds: took, p50: at(0.5), p99: at(0.99), failed }))
