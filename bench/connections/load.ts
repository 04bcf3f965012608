/** Requests that use the database, 64 at a time, until it is killed: `load.ts <url>`. */
import { sign } from './sign.ts'

const [url = ''] = process.argv.slice(2)
const body = JSON.stringify({ agent_name: 'calculator', task_type: 'evaluate', parameters: { expression: '1 + 1' } })
let caller = 0

async function submit(): Promise<void> {
  for (;;) {
    const headers = { authorization: `Bearer ${await sign(`caller-${caller++ % 5000}`)}`, 'content-type': 'application/json' }
    await (await fetch(`${url}/api/v1/agents/execute/async`, { method: 'POST', headers, body })).text()
  }
}
await Promise.all(Array.from({ length: 64 }, submit))
