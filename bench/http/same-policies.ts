import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { claimsOf, newItem, sign } from './requests.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import type { Target } from './targets.ts'

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const get = (token?: string): RequestInit => (token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
const post = (token: string, body: string): RequestInit => ({
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body,
})

/** What a target does not do that the others do: whoever does less is faster, and not to be compared. */
export async function missingPolicies(target: Target, server: ServerProcess): Promise<string[]> {
  return [...(await wrongAnswers(server.port)), ...(await limitAndLog(target))]
}

async function wrongAnswers(port: number): Promise<string[]> {
  const wrong: string[] = []
  const expectStatus = async (statuses: readonly number[], what: string, path: string, init: RequestInit) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init)
    const text = await answer.text()
    if (!statuses.includes(answer.status)) wrong.push(`${what}: ${answer.status} instead of ${statuses.join(' or ')}`)
    return text
  }
  const soon = sign(claimsOf(0, { exp: Math.floor(Date.now() / 1000) + 2 }))
  await expectStatus([200], 'a token that is about to expire', '/items/7', get(soon))
  for (const [statuses, what, path, init] of cases()) await expectStatus(statuses, what, path, init)
  const item = JSON.parse(await expectStatus([200], 'an item', '/items/7', get(sign(claimsOf(0)))))
  if (item.id !== 7 || item.owner !== 'user-0')
    wrong.push(`another item than the one that was asked for: ${JSON.stringify(item)}`)
  await wait(3500)
  await expectStatus([401], 'a token that has expired since it was verified', '/items/7', get(soon))
  return wrong
}

function cases(): [readonly number[], string, string, RequestInit][] {
  const good = sign(claimsOf(0))
  const [head, claims, signature] = good.split('.') as [string, string, string]
  const refused: Record<string, string | undefined> = {
    'no token': undefined,
    'a forged signature': `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
    'other claims under a known signature': `${head}.${part(claimsOf(1))}.${signature}`,
    'another secret': sign(claimsOf(0), 'another'),
    'no algorithm': `${part({ alg: 'none' })}.${claims}.`,
    'an expired token': sign(claimsOf(0, { exp: 1 })),
  }
  const unprocessable = [400, 422]
  const body = (more: object) => post(good, JSON.stringify({ ...newItem, ...more }))
  return [
    [[200], 'public', '/ping', {}],
    [[200], 'a known token', '/items/7', get(good)],
    [[201], 'a body', '/items', body({})],
    ...Object.entries(refused).map(([what, token]): ReturnType<typeof cases>[number] => [[401], what, '/items/7', get(token)]),
    [[403], 'another role', '/items/7', get(sign(claimsOf(0, { roles: ['other'] })))],
    [unprocessable, 'an id that is no number', '/items/abc', get(good)],
    [unprocessable, 'a wrong body', '/items', body({ sku: 'x' })],
    [unprocessable, 'an undeclared member', '/items', body({ extra: 1 })],
    [unprocessable, 'no JSON', '/items', post(good, '{')],
    [[401, 404], 'an unknown path', '/nope', {}],
  ]
}

async function limitAndLog(target: Target): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-http-'))
  const file = join(directory, 'log.jsonl')
  const server = await startServer(target, { RATE_MAX: '5', LOG_FILE: file })
  const url = `http://127.0.0.1:${server.port}`
  const statuses: number[] = []
  for (let i = 0; i < 8; i++) statuses.push((await fetch(`${url}/items/7`, get(sign(claimsOf(0))))).status)
  for (let i = 0; i < 60; i++) await (await fetch(`${url}/ping`)).text()
  await server.stop()
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean).length
  rmSync(directory, { recursive: true })
  const limited = statuses.join() === '200,200,200,200,200,429,429,429'
  return [
    ...(limited ? [] : [`a limit of 5 answers ${statuses.join(', ')}`]),
    ...(lines >= 60 ? [] : [`${lines} lines in the access log for 69 requests`]),
  ]
}
