/** Live clients that say nothing, as raw WebSockets that speak Engine.IO 4 and Socket.IO 5: `idle-clients.ts <url> <count> <watching>`. */
import { createRequire } from 'node:module'
import { sign } from './sign.ts'

const [url = '', count = '0', watching = 'false'] = process.argv.slice(2)
const { WebSocket } = createRequire(createRequire(import.meta.url).resolve('engine.io'))('ws')
/** Below the default of `realtime.connections`. */
const perCaller = 200

function connect(token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/?EIO=4&transport=websocket`, { perMessageDeflate: false })
    socket.on('error', reject)
    socket.on('message', (bytes: Buffer) => {
      const text = bytes.toString()
      if (text.startsWith('0')) socket.send(`40${JSON.stringify({ token })}`)
      else if (text === '2') socket.send('3')
      else if (text.startsWith('44')) reject(new Error(text))
      else if (text.startsWith('40') && watching === 'true') socket.send('420["tasks:watch"]')
      else if (text.startsWith('40') || text.startsWith('43')) resolve()
    })
  })
}

let next = 0
async function connectMany(): Promise<void> {
  for (let i = next++; i < Number(count); i = next++) await connect(await sign(`idle-${Math.floor(i / perCaller)}`))
}
await Promise.all(Array.from({ length: 50 }, connectMany))
process.send?.('connected')
