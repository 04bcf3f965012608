import t from 'tap'
import { matchOrigins, originFault } from '../../src/policies/cors-origins.ts'

t.test('origins are matched as a whole', (t) => {
  const matches = matchOrigins(['https://app.example.com', 'https://*.example.org', 'http://*.localhost:3000'])
  const table: Record<string, boolean> = {
    'https://app.example.com': true,
    'http://app.example.com': false,
    'https://app.example.com:8443': false,
    'https://app.example.com.evil.net': false,
    'https://evilapp.example.com': false,
    'https://APP.example.com': false,
    'https://a.example.org': true,
    'https://a-1.example.org': true,
    'https://a.b.example.org': false,
    'https://example.org': false,
    'https://.example.org': false,
    'https://evil.net/.example.org': false,
    'https://evil.net#.example.org': false,
    'https://user@x.example.org': false,
    'http://app.localhost:3000': true,
    'http://app.localhost:3001': false,
    null: false,
    '*': false,
    '': false,
  }
  for (const [origin, expected] of Object.entries(table)) t.equal(matches(origin), expected, origin)
  t.end()
})

t.test('what is no origin is said, with the origin that was meant', (t) => {
  for (const good of ['*', 'https://a.example', 'http://localhost:3000', 'https://*.a.example', 'http://[::1]:3000']) {
    t.equal(originFault(good), undefined, good)
  }
  t.match(originFault('https://a.example/'), 'https://a.example')
  t.match(originFault('https://a.example/path'), 'https://a.example')
  t.match(originFault('https://A.example'), 'https://a.example')
  t.match(originFault('https://a.example:443'), 'https://a.example')
  t.match(originFault('https://*.a.example/x'), 'https://*.a.example')
  for (const wrong of [
    'a.example',
    'null',
    'https://',
    'https://*',
    '*.a.example',
    'https://a.*.example',
    'https://*.*.example',
    'file:///x',
  ]) {
    t.type(originFault(wrong), 'string', wrong)
  }
  t.end()
})
