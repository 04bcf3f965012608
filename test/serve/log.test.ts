import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fillDefaults } from '../../src/config/defaults.ts'
import { GatewayConfig } from '../../src/config/schema.ts'
import { openLog } from '../../src/serve/log.ts'
import { serve } from '../gateway.ts'

function logConfig(log: object): GatewayConfig['log'] {
  return (fillDefaults(GatewayConfig, { log: { file: 'log.jsonl', ...log } }) as GatewayConfig).log
}

function open(t: Parameters<typeof serve>[0], log: object) {
  const directory = t.testdir()
  const opened = openLog(logConfig(log), directory)
  const text = () => {
    opened.flush()
    return readFileSync(join(directory, 'log.jsonl'), 'utf8')
  }
  const reload = (log: object) => opened.renew(logConfig(log)).activate()
  return { ...opened, text, reload, directory }
}

t.test('credentials never reach the log, however deep and however they are spelled', async (t) => {
  const { log, text } = open(t, { redact: ['body.pin'] })
  const names = ['password', 'Password', 'new_password', 'authorization', 'Authorization', 'cookie', 'set-cookie', 'X-Api-Key']
  const more = ['access_token', 'refreshToken', 'client_secret', 'token', 'apiKey']
  for (const name of [...names, ...more]) {
    const headers = { [name]: 'LEAK' }
    log.info({ ...headers, headers, request: { headers, list: [{ headers }] } }, 'logged')
    log.child({ op: 'x' }).error({ err: Object.assign(new Error('boom'), { config: { headers } }), [name]: ['LEAK'] }, 'failed')
  }
  log.info({ body: { pin: 'LEAK' } }, 'a path of their own')
  t.notMatch(text(), /LEAK/)
  t.match(text(), /"stack":"Error: boom/)
})

t.test('a reload changes what is left out, for those too who have had the log before', async (t) => {
  const { log, text, reload } = open(t, { redact: ['first'] })
  const child = log.child({ of: 'a service' })
  reload({ redact: ['body.pin'], level: 'warn' })
  for (const logger of [log, child]) logger.warn({ first: 'seen', body: { pin: 'LEAK' } }, 'after')
  log.info('no more')
  reload({})
  child.info({ first: 'seen', body: { pin: 'seen' } }, 'as at first')
  const records = text().trim().split('\n')
  t.match(
    records.map((record) => JSON.parse(record)),
    [
      { first: 'seen', msg: 'after' },
      { first: 'seen', of: 'a service' },
      { body: { pin: 'seen' }, msg: 'as at first' },
    ],
  )
  t.equal(records.length, 3)
  t.notMatch(text(), /LEAK/)
})

t.test('a reload goes on in the same file, and opens it anew once it was rotated away', async (t) => {
  const { log, reload, written, directory } = open(t, {})
  const messages = (file: string) =>
    Array.from(readFileSync(join(directory, file), 'utf8').matchAll(/"msg":"(.*?)"/g), ([, msg]) => msg)
  // Longer than a write, so that some of it is on its way at each reload.
  const padding = 'x'.repeat(3000)
  const numbers = Array.from({ length: 30 }, (_, number) => String(number))
  for (const number of numbers) {
    log.info({ padding }, number)
    reload({})
  }
  renameSync(join(directory, 'log.jsonl'), join(directory, 'log.1.jsonl'))
  log.info('the last in the old file')
  reload({})
  log.info('the first in the new one')
  await written()
  t.strictSame(messages('log.1.jsonl'), [...numbers, 'the last in the old file'])
  t.strictSame(messages('log.jsonl'), ['the first in the new one'])
})

t.test('everything else is logged as it is', async (t) => {
  const { log, text } = open(t, {})
  const loop: Record<string, unknown> = {
    tokens: 7,
    token_type: 'bearer',
    at: new Date(0),
    hasPassword: true,
    none: { token: null },
  }
  log.info({ ...loop, loop: Object.assign(loop, { loop }) }, 'logged')
  const record = JSON.parse(text())
  t.match(record, { tokens: 7, token_type: 'bearer', at: '1970-01-01T00:00:00.000Z', hasPassword: true, none: { token: null } })
  t.match(record.loop, { tokens: 7, loop: { tokens: 7 } })
})

t.test('whoever watches sees each line at once, a file gets many together', async (t) => {
  for (const format of ['pretty', 'json']) {
    const directory = t.testdir()
    const opened = openLog(logConfig({ format }), directory)
    opened.log.info('here')
    t.equal(readFileSync(join(directory, 'log.jsonl'), 'utf8').includes('here'), format === 'pretty', format)
    opened.flush()
  }
})

t.test('a request leaves no credentials in the log', async (t) => {
  const body = { type: 'object', properties: { password: { type: 'integer' }, pin: { type: 'string', pattern: '^[0-9]+$' } } }
  const content = { 'application/json': { schema: body } }
  const { request, logs } = await serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
      security: [],
      paths: {
        '/echo': {
          post: { operationId: 'echo', requestBody: { content }, responses: { 200: { description: 'the same', content } } },
        },
      },
    },
    gateway: { defaults: { validate: { request: 'report', response: 'report' } } },
    handlers: `
      export const echo = ({ body, headers }, { log }) => {
        log.info({ request: { body, headers } }, 'seen')
        return body
      }
    `,
  })
  const answer = await request('POST', '/echo?access_token=LEAK&api_key=LEAK', {
    json: { password: 'LEAK', pin: 'LEAK' },
    headers: {
      authorization: 'Bearer LEAK',
      cookie: 'session=LEAK',
      'x-api-key': 'LEAK',
      referer: 'https://x.example/?token=LEAK',
    },
  })
  t.equal(answer.status, 200)
  const [differs, seen, , access] = logs()
  t.match(differs, {
    msg: 'request differs from its description',
    errors: [{ pointer: '/password', message: 'must be an integer' }, {}],
  })
  t.match(seen, { msg: 'seen' })
  t.match(access, { msg: 'request', path: '/echo', status: 200 })
  const { request: logged, ...rest } = seen as { request: { body: { pin: string }; headers: { referer: string } } }
  logged.body.pin = logged.headers.referer = ''
  t.notMatch(JSON.stringify([logged, rest, ...logs().filter(({ msg }) => msg !== 'seen')]), /LEAK/)
})

t.test('a file that cannot be written is known before the first request', async (t) => {
  const openapi = { openapi: '3.1.0', info: { title: 'test', version: '1' }, paths: {} }
  const files = { 'taken/log.jsonl': '' }
  await t.rejects(serve(t, { openapi, gateway: { log: { file: './taken' } }, files }), {
    message: /^log\.file '.*taken' cannot be written/,
  })
})
