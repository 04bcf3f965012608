import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { stringify } from 'yaml'
import { planGateway } from '../../src/gateway.ts'
import { explainOperation } from '../../src/model/explanation.ts'
import { upstream } from '../../src/targets/upstream.ts'
import { serve, writeProject } from '../gateway.ts'
import { startOrigin, until } from './origin.ts'

const json = (schema: object) => ({ 'application/json': { schema } })
const answered = (schema: object, more: object = {}) => ({ 200: { description: 'ok', content: json(schema), ...more } })
const city = { name: 'city', in: 'path', required: true, schema: { type: 'string' } }
const query = (name: string, schema: object, more: object = {}) => ({ name, in: 'query', schema, ...more })
const free = { 200: { description: 'ok' }, default: { description: 'anything' } }
const body = (content: object) => ({ content, required: true })

const document = {
  openapi: '3.1.0',
  info: { title: 'Weather', version: '1' },
  servers: [{ url: '/api' }],
  security: [],
  paths: {
    '/weather/{city}': {
      get: {
        operationId: 'weather',
        parameters: [
          city,
          query('days', { type: 'integer' }),
          query('near', { type: 'object', properties: { lat: { type: 'number' } } }, { style: 'deepObject' }),
        ],
        responses: answered({ type: 'object', required: ['ok'] }),
      },
      put: { operationId: 'replace', parameters: [city], requestBody: body(json({ type: 'object' })), responses: free },
    },
    '/mapped/{city}': { get: { operationId: 'mapped', parameters: [city], responses: free } },
    '/strict': { get: { operationId: 'strict', responses: answered({ type: 'object', required: ['ok'] }) } },
    '/free': { get: { operationId: 'free', responses: free } },
    '/late': { get: { operationId: 'late', responses: free } },
    '/cookies': {
      get: {
        operationId: 'cookies',
        responses: { 200: { description: 'ok', headers: { 'Set-Cookie': { schema: { type: 'string' } } } } },
      },
    },
    '/orders': {
      post: {
        operationId: 'order',
        parameters: [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string' } }],
        requestBody: body({
          ...json({
            type: 'object',
            required: ['amount'],
            properties: { amount: { type: 'number' }, note: { default: 'none' } },
          }),
          'application/x-www-form-urlencoded': { schema: { type: 'object' } },
          'application/octet-stream': {},
        }),
        responses: free,
      },
    },
    '/upload': { post: { operationId: 'upload', requestBody: body({ 'multipart/form-data': {} }), responses: free } },
    '/eager': { post: { operationId: 'eager', requestBody: body({ 'application/octet-stream': {} }), responses: free } },
    '/patient': { post: { operationId: 'patient', requestBody: body({ 'application/octet-stream': {} }), responses: free } },
    '/guarded': { get: { operationId: 'guarded', security: [{ key: [] }], responses: free } },
    '/broken': { get: { operationId: 'broken', responses: free }, post: { operationId: 'breaking', responses: free } },
  },
  components: {
    securitySchemes: {
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
      other: { type: 'apiKey', in: 'query', name: 'token' },
    },
  },
}

t.test('an API behind a gateway', async (t) => {
  const origin = await startOrigin(t)
  const eager = await startOrigin(t, { reads: false })
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const nobody = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`
  await new Promise((resolve) => gone.close(resolve))
  const open = (settings: object = {}) => ({ access: 'public', upstream: { url: `${origin.url}/prefix/`, ...settings } })

  const { gateway, url, request, logs } = await serve(t, {
    openapi: document,
    gateway: {
      log: { file: 'log.jsonl' },
      metrics: { access: 'public' },
      authentication: {
        key: { apiKey: { keys: [{ id: 'ada', sha256: hash('sha256', 'the-key', 'hex') }] } },
      },
      operations: {
        weather: open({ retries: 2, backoff: '1ms' }),
        replace: open({ retries: 1, backoff: '1ms' }),
        mapped: { ...open({ path: '/v2/{city}/now' }), validate: false },
        strict: { ...open({ maxResponse: '1kb' }), validate: { response: 'enforce' } },
        late: open({ timeout: '300ms' }),
        free: open({ headers: { 'X-Secret': 'hush' }, forward: { query: 'all', headers: ['cookie'] } }),
        cookies: open(),
        order: open({ retries: 1, backoff: '1ms' }),
        upload: { ...open({ maxRequest: '3mb' }), validate: false },
        eager: { ...open({ url: eager.url, maxRequest: '1gb' }), validate: false },
        patient: {
          ...open({ timeout: '1s', maxRequest: '1kb', breaker: { failures: 2, cooldown: '60s' } }),
          validate: false,
        },
        guarded: { upstream: { url: origin.url } },
        broken: open({ url: nobody, breaker: { failures: 2, cooldown: '4s' } }),
        breaking: open({ url: nobody }),
      },
    },
  })
  const get = (path: string, headers: Record<string, string> = {}) => request('GET', `/api${path}`, { headers })
  const sent = async (path: string, headers: Record<string, string> = {}) => {
    await get(path, headers)
    return origin.last()
  }
  /** A request whose target nobody has normalised. */
  const raw = (target: string) =>
    new Promise<number>((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), 'localhost', () =>
        socket.write(`GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`),
      )
      socket.on('error', reject).once('data', (data) => resolve(Number(String(data).slice(9, 12))))
    })
  t.beforeEach(() => {
    origin.arrived.length = 0
    origin.answer((res) => res.setHeader('content-type', 'application/json').end('{"ok":true}'))
  })

  await t.test('a request and its answer', async (t) => {
    origin.answer((res) => {
      res.writeHead(200, {
        'content-type': 'application/json',
        'x-own': 'a',
        'keep-alive': 'timeout=9',
        connection: 'x-hop, keep-alive',
        'x-hop': '1',
        server: 'secret/1.0',
        'set-cookie': 'a=b',
      })
      res.end('{"ok": 1.0, "big": 12345678901234567890}')
    })
    const answer = await get('/weather/Berlin?days=2')
    t.equal(answer.status, 200)
    t.equal(answer.text, '{"ok": 1.0, "big": 12345678901234567890}', 'the bytes as they came')
    t.equal(answer.headers.get('x-own'), 'a')
    for (const name of ['x-hop', 'server', 'set-cookie']) t.equal(answer.headers.get(name), null, name)
    t.match(origin.last(), { method: 'GET', url: '/prefix/weather/Berlin?days=2', body: '' })
    t.match(await get('/cookies').then(({ headers }) => headers.getSetCookie()), ['a=b'], 'declared cookies are set')
  })

  await t.test('what reaches the upstream of the header fields', async (t) => {
    const { headers } = await sent('/free', {
      authorization: 'Bearer mine',
      cookie: 'session=1',
      'x-key': 'mine',
      'x-custom': 'yes',
      'x-secret': 'guess',
      'x-forwarded-for': '6.6.6.6',
      x_forwarded_for: '6.6.6.6',
      'x-forwarded-prefix': '/evil',
      forwarded: 'for=6.6.6.6',
      'x-http-method-override': 'DELETE',
      'x-request-id': 'abc-12345',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    })
    t.match(headers, {
      'x-custom': 'yes',
      'x-secret': 'hush',
      cookie: 'session=1',
      host: new URL(origin.url).host,
      'x-forwarded-proto': 'http',
      'x-forwarded-host': new URL(url).host,
      'x-request-id': 'abc-12345',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    })
    t.match(headers['x-forwarded-for'], /^(127\.0\.0\.1|::1)$/)
    t.match(headers.forwarded, /^for=("\[::1\]"|127\.0\.0\.1);proto=http;host="localhost:\d+"$/)
    for (const name of ['authorization', 'x-key', 'x_forwarded_for', 'x-forwarded-prefix', 'x-http-method-override'])
      t.notOk(name in headers, name)
    t.equal((await sent('/cookies', { cookie: 'session=1' })).headers.cookie, undefined)
    t.equal((await get('/guarded', { 'x-key': 'the-key' })).status, 200)
    t.equal(origin.last().headers['x-key'], undefined, 'the API key is for the gateway')
  })

  await t.test('secrets are not shown', async (t) => {
    const operation = gateway.plan.operations.find(({ id }) => id === 'free')
    const shown = JSON.stringify(operation && explainOperation(operation, [upstream]))
    t.match(shown, '"headers.X-Secret","value":"(not shown)"')
    t.notMatch(shown + JSON.stringify(logs()), 'hush')
  })

  await t.test('fields that belong to the connection', async (t) => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { connection: 'x-private', 'x-private': '1', te: 'trailers', 'proxy-authorization': 'x' }
      httpRequest(`${url}/api/free`, { headers }, resolve).on('error', reject).end()
    })
    answer.resume()
    for (const name of ['x-private', 'te', 'proxy-authorization']) t.notOk(name in origin.last().headers, name)
  })

  await t.test('query parameters that are declared, as they were sent', async (t) => {
    t.equal((await sent('/weather/B?days=%32&admin=1&near[lat]=1.5&token=t')).url, '/prefix/weather/B?days=%32&near%5Blat%5D=1.5')
    t.equal((await sent('/free?a=1;b=2&c&token=t&%74oken=t')).url, '/prefix/free?a=1%3Bb=2&c', 'all, but for API keys')
    origin.arrived.length = 0
    t.equal((await get('/weather/B?days=1&days=2')).status, 422)
    t.equal((await get('/free?a=%ff')).status, 400)
    t.same(origin.arrived, [])
  })

  await t.test('no value leads out of its place', async (t) => {
    const harmless = ['Berlin', 'a%2Fb', 'S%C3%A3o%20Paulo', 'a,b', '...', 'a..b', '%25', '.well', 'a;b=1']
    for (const value of harmless) {
      t.equal(await raw(`/api/mapped/${value}`), 200, value)
      t.equal(origin.last().url, `/prefix/v2/${value}/now`)
    }
    origin.arrived.length = 0
    const astray = [
      '..',
      '.',
      '%2e%2e',
      '%2E.',
      '..%2f..%2fadmin',
      'a%2f..',
      '..%5c',
      '..;x',
      '%252e%252e',
      '%25252e.',
      'a%00',
      'a%0d%0ab',
      '%ff',
      '%zz',
      '',
    ]
    for (const value of astray) t.equal(await raw(`/api/mapped/${value}`), 400, value)
    t.equal(await raw('/api/mapped//evil.example/now'), 404)
    t.equal(await raw('/api/mapped/../../admin'), 404)
    t.same(origin.arrived, [], 'nothing of it has arrived')
    t.equal(await raw('/api/mapped/a"b'), 200)
    t.equal(origin.last().url, '/prefix/v2/a%22b/now')
  })

  await t.test('bodies are the bytes that were checked', async (t) => {
    const post = (content: string | Buffer, type = 'application/json', more: Record<string, string> = {}) =>
      request('POST', '/api/orders', { body: content as string, headers: { 'content-type': type, ...more } })
    const order = '{ "amount": 1.10, "id": 12345678901234567890 }'
    t.equal((await post(order)).status, 200)
    t.match(origin.last(), {
      body: order,
      headers: { 'content-type': 'application/json', 'content-length': String(order.length) },
    })
    t.equal((await post(gzipSync(order), 'application/json', { 'content-encoding': 'gzip' })).status, 200)
    t.equal(origin.last().body, order)
    t.equal(origin.last().headers['content-encoding'], undefined)
    await post('a=1&b=%20', 'application/x-www-form-urlencoded')
    t.match(origin.last(), { body: 'a=1&b=%20', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    await post('bytes', 'application/octet-stream')
    t.equal(origin.last().body, 'bytes')
    origin.arrived.length = 0
    t.equal((await post('{"note":"x"}')).status, 422)
    t.equal((await post('{"amount":1,"amount":"\\":{}"}')).status, 400, 'which amount counts is nobody’s guess')
    t.equal((await post('{"amount":1,"a":{"b":1,"\\u0062":2}}')).status, 400)
    t.same(origin.arrived, [])
    t.equal((await post('{"amount":1,"a:":"b\\\\","c":[{"a":":\\""},{"a":2}]}')).status, 200)
  })

  await t.test('an upload goes on as it comes, up to its limit', async (t) => {
    const form = new FormData()
    form.set('file', new File(['x'.repeat(2_000_000)], 'a.txt'))
    t.equal((await request('POST', '/api/upload', { body: form })).status, 200)
    t.match(origin.last().headers['content-type'], /^multipart\/form-data; boundary=/)
    t.ok(origin.last().body.includes('filename="a.txt"'))
    // Refused by its length alone: whoever is still sending may see the connection close before the answer.
    const headers = { 'content-type': 'multipart/form-data; boundary=x', 'content-length': 4_000_000 }
    const announced = new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(`${url}/api/upload`, { method: 'POST', headers }, resolve).on('error', reject).flushHeaders()
    })
    t.equal((await announced).statusCode, 413)
    async function* endless() {
      for (;;) yield Buffer.alloc(100_000)
    }
    const init = {
      body: endless() as never,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      duplex: 'half' as const,
    }
    const refused = await request('POST', '/api/upload', init).catch(() => undefined)
    if (refused !== undefined) t.equal(refused.status, 413)
    t.equal(origin.arrived.length, 1, 'nothing that was too large has arrived as a whole')
  })

  await t.test('what a client does with its upload is not held against the upstream', async (t) => {
    const headers = { 'content-type': 'application/octet-stream' }
    /** Sends pieces, all of which together take longer than the upstream may to answer. */
    const upload = (pieces: string[], more: object = {}) =>
      new Promise<number>((resolve, reject) => {
        const sending = httpRequest(`${url}/api/patient`, { method: 'POST', headers: { ...headers, ...more } }, (response) => {
          response.resume()
          resolve(response.statusCode as number)
        })
        sending.on('error', reject)
        for (const [index, piece] of pieces.entries()) setTimeout(() => sending.write(piece), index * 400)
        setTimeout(() => sending.end(), pieces.length * 400)
      })
    t.equal(await upload(['a', 'b', 'c', 'd'], { 'content-length': 4 }), 200, 'slow')
    t.match(origin.last(), { body: 'abcd', headers: { 'content-length': '4', 'transfer-encoding': undefined } })
    t.equal(await upload(['a', 'b', 'c', 'd']), 200, 'slow, and nobody knows how long')
    t.match(origin.last(), { body: 'abcd', headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } })

    for (let i = 0; i < 3; i++) t.equal(await upload(['a'.repeat(600), 'a'.repeat(600)]), 413, 'too large')
    for (let i = 0; i < 3; i++) {
      const sending = httpRequest(`${url}/api/patient`, { method: 'POST', headers }).on('error', () => {})
      sending.write('half of')
      await new Promise((resolve) => setTimeout(resolve, 50))
      sending.destroy()
    }
    t.equal(await upload(['a']), 200, 'the breaker has not opened')
    origin.answer(() => {})
    t.equal(await upload(['a']), 504, 'the upstream has all, and does not answer')
  })

  await t.test('an upstream need not wait for all of an upload', async (t) => {
    eager.answer((res) => res.writeHead(413).end('enough'))
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const upload = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const sending = httpRequest(`${url}/api/eager`, { method: 'POST', agent, headers }, resolve)
        sending.on('error', reject).end(Buffer.alloc(20_000_000))
      })
    const headers = { 'content-type': 'application/octet-stream' }
    for (const _ of ['', 'on the same connection']) {
      const response = await upload()
      t.equal(response.statusCode, 413)
      t.equal(await text(response), 'enough')
    }
    agent.destroy()
  })

  await t.test('statuses without a body, HEAD, redirects', async (t) => {
    for (const status of [204, 304, 302, 404]) {
      origin.answer((res) => res.writeHead(status, { location: '/elsewhere', etag: '"1"' }).end())
      const answer = await request('GET', '/api/free', { redirect: 'manual', headers: { 'if-none-match': '"1"' } })
      t.match([answer.status, answer.headers.get('etag'), answer.headers.get('location')], [status, '"1"', '/elsewhere'])
      t.equal(origin.last().headers['if-none-match'], '"1"')
    }
    origin.answer((res) => res.writeHead(200, { 'content-length': '12345', 'content-type': 'text/plain' }).end())
    const head = await request('HEAD', '/api/free')
    t.match([head.status, head.headers.get('content-length'), origin.last().method], [200, '12345', 'HEAD'])
  })

  await t.test('answers are held to the document', async (t) => {
    const strict = async (status: number, how: (res: Parameters<Parameters<typeof origin.answer>[0]>[0]) => void) => {
      origin.answer((res) => how(res.setHeader('content-type', 'application/json')))
      t.equal((await get('/strict')).status, status)
    }
    await strict(200, (res) => res.end('{"ok":1}'))
    t.equal(origin.last().headers['accept-encoding'], 'identity')
    await strict(500, (res) => res.end('{"no":1}'))
    await strict(500, (res) => res.writeHead(201).end('{"ok":1}'))
    await strict(502, (res) => res.end('{"ok":'))
    await strict(502, (res) => res.end(`{"ok":"${'x'.repeat(2000)}"}`))
    await strict(502, (res) => {
      res.write(`{"ok":"${'x'.repeat(2000)}`)
      res.end('"}')
    })
    await strict(502, (res) => res.setHeader('content-encoding', 'gzip').end(gzipSync('{"ok":1}')))
    origin.answer((res) => res.setHeader('content-type', 'application/json').end('{"no":1}'))
    t.equal((await get('/weather/B')).status, 200, 'report lets it pass')
    t.ok(logs().some(({ msg, op }) => msg === 'response differs from its description' && op === 'weather'))
    const large = `{"ok":"${'x'.repeat(2_000_000)}"}`
    origin.answer((res) => res.setHeader('content-type', 'application/json').end(large))
    t.equal((await get('/weather/B')).text, large, 'what is too large to be checked passes whole')
    t.ok(logs().some(({ msg }) => String(msg).includes('was not checked')))
  })

  await t.test('an answer with a coding passes as it is where nobody reads it', async (t) => {
    origin.answer((res, { headers }) => {
      res.writeHead(200, {
        'content-type': 'text/plain',
        'x-asked': String(headers['accept-encoding']),
        'content-encoding': 'gzip',
      })
      res.end(gzipSync('hello'))
    })
    const answer = await get('/free', { 'accept-encoding': 'gzip' })
    t.match([answer.text, answer.headers.get('x-asked')], ['hello', 'gzip'])
  })

  await t.test('failures of the upstream', async (t) => {
    const unreachable = await request('POST', '/api/broken')
    t.match(unreachable, { status: 502, body: { code: 'bad_gateway' } })
    t.notMatch(unreachable.text, '127.0.0.1')
    t.ok(
      logs().some(({ op, upstream }) => op === 'breaking' && upstream === nobody),
      'the log says more',
    )
    origin.answer(() => {})
    t.match(await get('/late'), { status: 504, body: { code: 'gateway_timeout' } })
    origin.answer((_res, _arrived, req) => req.socket.end('nonsense\r\n\r\n'))
    t.match(await get('/free'), { status: 502, body: { code: 'bad_gateway' } })
    origin.answer((res) => {
      res.writeHead(200, { 'content-length': '100000' })
      res.write('begun', () => res.destroy())
    })
    await t.rejects(get('/free'), 'what breaks off does not look whole')
    origin.answer((res) => {
      res.writeHead(200, { 'content-length': '100' })
      res.write('begun', () => res.destroy())
    })
    t.equal((await get('/free')).status, 502, 'a short one was not begun yet')
  })

  await t.test('retries', async (t) => {
    const failing = (times: number, status = 503, headers = {}) => {
      origin.arrived.length = 0
      origin.answer((res) => {
        res.setHeader('content-type', 'application/json')
        if (origin.arrived.length > times) res.end('{"ok":true}')
        else res.writeHead(status, headers).end('{}')
      })
    }
    failing(2)
    t.equal((await get('/weather/B')).status, 200)
    t.equal(origin.arrived.length, 3)
    failing(9)
    t.equal((await get('/weather/B')).status, 503, 'the last answer is passed on')
    t.equal(origin.arrived.length, 3)
    failing(1, 500)
    t.equal((await get('/weather/B')).status, 500, 'a fault may come of the request')
    failing(1, 503, { 'retry-after': '5' })
    t.equal((await get('/weather/B')).headers.get('retry-after'), '5')
    failing(1)
    t.equal((await request('PUT', '/api/weather/B', { json: { a: 1 } })).status, 200)
    t.same(
      origin.arrived.map(({ body }) => body),
      ['{"a":1}', '{"a":1}'],
    )
    failing(1)
    t.equal((await request('POST', '/api/orders', { json: { amount: 1 } })).status, 503, 'an order might be made twice')
    failing(1)
    const keyed = { json: { amount: 1 }, headers: { 'idempotency-key': 'k1' } }
    t.equal((await request('POST', '/api/orders', keyed)).status, 200, 'unless the upstream knows it again')
    origin.arrived.length = 0
    origin.answer((res) =>
      origin.arrived.length > 1 ? res.setHeader('content-type', 'application/json').end('{"ok":1}') : res.destroy(),
    )
    t.equal((await get('/weather/B')).status, 200, 'a connection that broke')
  })

  await t.test('a caller that leaves takes the call along', async (t) => {
    let ended = false
    origin.answer((res) => {
      res.on('close', () => {
        ended = true
      })
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write('data: 1\n\n')
    })
    const faults = () => logs().filter(({ msg }) => msg === 'fault').length
    const before = faults()
    const controller = new AbortController()
    const response = await fetch(`${url}/api/free`, { signal: controller.signal })
    await response.body?.getReader().read()
    controller.abort()
    await until(() => ended)
    ended = false
    origin.answer((res) => {
      res.on('close', () => {
        ended = true
      })
      early.abort()
    })
    const early = new AbortController()
    await t.rejects(fetch(`${url}/api/weather/B`, { signal: early.signal }))
    await until(() => ended)
    t.equal(origin.arrived.length, 2, 'nothing is retried')
    t.equal(faults(), before, 'nobody has failed')
  })

  await t.test('the breaker', async (t) => {
    t.equal((await get('/broken')).status, 502)
    t.equal((await get('/broken')).status, 502)
    const refused = await get('/broken')
    t.match(refused, { status: 503, body: { code: 'unavailable' } })
    t.match(refused.headers.get('retry-after'), /^[1-4]$/)
    t.match((await get('/health')).body, { status: 'degraded' })
    const scraped = await request('GET', '/metrics')
    t.match(scraped.text, 'gatefold_upstream_breaker_open{operation="broken"} 1')
    t.match(
      scraped.text,
      /http_client_request_duration_seconds_count\{operation="broken",http_request_method="GET",http_response_status_code="",error_type="connection"\} 2/,
    )
    t.match(scraped.text, /operation="weather",http_request_method="GET",http_response_status_code="200",error_type=""/)
    while ((await get('/broken')).status === 503) await new Promise((resolve) => setTimeout(resolve, 100))
    t.equal((await get('/broken')).status, 503, 'one call tried, and failed')
  })
})

t.test('behind a proxy that is trusted, and through reloads', async (t) => {
  const origin = await startOrigin(t)
  const gateway = (settings: object) => ({
    log: { file: 'log.jsonl' },
    server: { trustProxy: 2 },
    operations: { free: { access: 'public', upstream: { url: origin.url, ...settings } } },
  })
  const breaker = { failures: 1, cooldown: '1h' }
  const paths = { '/free': document.paths['/free'] }
  const served = await serve(t, { openapi: { ...document, paths }, gateway: gateway({ breaker }) })
  const { request, directory } = served
  const get = (headers = {}) => request('GET', '/api/free', { headers })

  await get({
    'x-forwarded-for': '6.6.6.6, 2001:db8::1, 10.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'api.example',
  })
  const { headers } = origin.last()
  t.match(headers['x-forwarded-for'], /^2001:db8::1, 10\.0\.0\.1, (127\.0\.0\.1|::1)$/, 'what the client made up is left out')
  t.match(headers, { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example' })
  t.match(headers.forwarded, /^for="\[2001:db8::1\]";proto=https;host="api\.example", for=10\.0\.0\.1, for=/)

  origin.answer((res) => res.writeHead(500).end())
  t.equal((await get()).status, 500)
  t.equal((await get()).status, 503)
  writeFileSync(join(directory, 'gateway.yaml'), stringify(gateway({ breaker, timeout: '5s' })))
  t.equal((await served.gateway.reload()).outcome, 'applied')
  t.equal((await get()).status, 503, 'a breaker goes on')
  writeFileSync(join(directory, 'gateway.yaml'), stringify(gateway({ breaker: { failures: 1, cooldown: '10ms' } })))
  t.equal((await served.gateway.reload()).outcome, 'applied')
  t.equal((await get()).status, 500, 'unless it is another one')
  origin.answer((res) => res.end('back'))
  while ((await get()).status !== 200) await new Promise((resolve) => setTimeout(resolve, 10))
  t.equal((await get()).status, 200, 'closed by the call that tried')
})

t.test('what boot finds', async (t) => {
  const find = async (settings: object, id = 'mapped', more: object = {}) => {
    const { [id]: path = '/weather/{city}' } = { mapped: '/mapped/{city}', upload: '/upload' } as Record<string, string>
    const paths = { [path]: document.paths[path as '/upload'] }
    const operation = { access: 'public', upstream: settings, ...more }
    const directory = writeProject(t, {
      openapi: { ...document, paths, components: {} },
      gateway: { operations: { [id]: operation } },
    })
    const plan = await planGateway({ directory, environment: {} })
    return plan.diagnostics
      .map(({ severity, code, message, hint, at }) => `${severity}[${code}]: ${message} (${at?.file}) ${hint}`)
      .join('\n')
  }
  const url = 'https://weather.example'
  t.equal(await find({ url }), '')
  t.match(await find({ timeout: '1s' }), /has no "url"/)
  t.match(await find({ url: 'weather.example' }), 'upstream.url is no absolute http(s) URL')
  t.match(await find({ url: 'ftp://weather.example' }), 'upstream.url is no absolute http(s) URL')
  const credentials = await find({ url: 'https://ada:hush@weather.example' })
  t.match(credentials, 'upstream.url holds credentials (gateway.yaml) Send them in a field')
  t.notMatch(credentials, 'hush')
  t.match(await find({ url: `${url}?key=hush` }), 'has a query or fragment')
  t.match(
    await find({ url: 'http://weather.example.com' }),
    'warning[unencrypted-upstream]: requests to weather.example.com go over http',
  )
  for (const own of [
    'http://weather:8080',
    'http://10.1.2.3',
    'http://localhost',
    'http://a.b.svc.cluster.local',
    'http://[::1]:80',
  ])
    t.equal(await find({ url: own }), '', own)
  t.match(
    await find({ url, path: '/{town}' }),
    'has the variable {town}, which the path of the operation, /api/mapped/{city}, does not have',
  )
  t.match(await find({ url, path: '/a/../{city}' }), 'leads to another path than it says')
  t.match(await find({ url, headers: { Connection: 'close' } }), 'the field Connection belongs to one connection')
  const broken = await find({ url, headers: { 'X-Key': 'hush\nX-Other: 1' } })
  t.match(broken, 'upstream.headers.X-Key has a value that no header field can have')
  t.notMatch(broken, 'hush')
  t.match(await find({ url }, 'upload'), '[unchecked-upload]: bodies of multipart/form-data cannot be both checked and passed on')
  t.equal(await find({ url }, 'upload', { validate: false }), '')
  t.match(await find({ url }, 'mapped', { mock: true }), 'an operation has one target')
})

t.test(
  'an attempt ends at its time also while it waits for a free connection, and a caller that leaves waits no longer',
  async (t) => {
    const origin = await startOrigin(t)
    const { request, url } = await serve(t, {
      openapi: { ...document, paths: { '/free': document.paths['/free'], '/late': document.paths['/late'] } },
      gateway: {
        operations: Object.fromEntries(
          ['free', 'late'].map((id) => [
            id,
            { access: 'public', upstream: { url: origin.url, connections: 1, timeout: '300ms' } },
          ]),
        ),
      },
    })
    origin.answer((res) => res.write('begun'))
    const long = await fetch(`${url}/api/late`)
    const started = performance.now()
    t.equal((await request('GET', '/api/free')).status, 504)
    t.ok(performance.now() - started < 3000)
    await long.body?.cancel()
    origin.answer((res) => res.end('{}'))
    await until(() => origin.open() === 0)
    t.equal((await request('GET', '/api/free')).status, 200, 'the connection is free again')
  },
)

t.test('an answer that is refused holds no connection', async (t) => {
  const origin = await startOrigin(t)
  const { request } = await serve(t, {
    openapi: { ...document, paths: { '/strict': document.paths['/strict'] } },
    gateway: {
      defaults: { validate: { response: 'enforce' } },
      operations: { strict: { access: 'public', upstream: { url: origin.url, connections: 1, timeout: '2s' } } },
    },
  })
  origin.answer((res) => res.writeHead(200, { 'content-type': 'text/html' }).end(Buffer.alloc(2 * 1024 * 1024)))
  for (let i = 0; i < 3; i++) t.equal((await request('GET', '/api/strict')).status, 500)
})

t.test('an answer without content has no body, and the upstream sees by Via who came before', async (t) => {
  const origin = await startOrigin(t)
  const { request, logs } = await serve(t, {
    openapi: { ...document, paths: { '/free': document.paths['/free'] } },
    gateway: { operations: { free: { access: 'public', upstream: { url: origin.url } } } },
  })
  origin.answer((res) => res.writeHead(200, { 'content-length': '0', 'x-own': 'yes' }).end())
  const { status, headers } = await request('GET', '/api/free', { headers: { via: '1.0 fred' } })
  t.same([status, headers.get('content-type'), headers.get('content-length'), headers.get('x-own')], [200, null, '0', 'yes'])
  t.equal(origin.last().headers.via, '1.0 fred, 1.1 gatefold')
  await request('HEAD', '/api/free')
  t.equal(origin.last().headers.via, '1.1 gatefold')
  t.same(
    logs().filter(({ msg }) => String(msg).includes('differs')),
    [],
  )
})
