import t from 'tap'
import { isJson, parseMediaType } from '../../src/messages/media-type.ts'
import { closest, memoize, negotiate } from '../../src/messages/negotiation.ts'

const media = (text: string) => parseMediaType(text)!

t.test('media types', (t) => {
  t.match(parseMediaType('Text/HTML ; Charset="utf-8"; x=a;'), { essence: 'text/html', type: 'text', subtype: 'html' })
  t.strictSame(
    [...media('a/b;x="1;2\\"3";y=4;x=5').parameters],
    [
      ['x', '1;2"3'],
      ['y', '4'],
    ],
  )
  t.equal(media('application/vnd.api+json').suffix, 'json')
  for (const text of ['', 'text', '/x', 'a/', 'a b/c', 'a/b;x', 'a/b; =1'])
    t.equal(parseMediaType(text), undefined, `"${text}" is none`)
  t.strictSame(['application/json', 'text/json', 'a/b+json', 'a/jsonp'].map(isJson), [true, true, true, false])
  t.end()
})

t.test('the closest declared range', (t) => {
  const rows: [actual: string, declared: string[], chosen: string | undefined][] = [
    ['text/html', ['*/*', 'text/*', 'text/html'], 'text/html'],
    ['text/html', ['*/*', 'text/*'], 'text/*'],
    ['image/png', ['*/*', 'text/*'], '*/*'],
    ['text/html; level=1', ['text/html', 'text/html; level=1'], 'text/html; level=1'],
    ['text/html; level=2', ['text/html', 'text/html; level=1'], 'text/html'],
    ['text/html', ['text/html; level=1'], undefined],
    ['application/json; charset=utf-8', ['application/json; charset=latin1'], 'application/json; charset=latin1'],
    ['application/x+json', ['application/*', 'application/json'], 'application/json'],
    ['application/x+json', ['application/json', 'application/*+json'], 'application/*+json'],
    ['application/x+json', ['application/*+json', 'application/x+json'], 'application/x+json'],
    ['application/x+xml', ['application/json'], undefined],
    ['text/x+json', ['application/json'], undefined],
    ['APPLICATION/JSON', ['application/json'], 'application/json'],
  ]
  for (const [actual, declared, chosen] of rows) {
    const entries = declared.map((range) => ({ media: media(range), range }))
    t.equal(closest(media(actual), entries)?.range, chosen, `${actual} of ${declared}`)
  }
  t.end()
})

t.test('Accept', (t) => {
  const rows: [accept: string, produced: string[], chosen: string | undefined][] = [
    ['application/json', ['application/json', 'text/csv'], 'application/json'],
    ['text/csv', ['application/json', 'text/csv'], 'text/csv'],
    ['text/*;q=0.5, application/json;q=0.4', ['application/json', 'text/csv'], 'text/csv'],
    ['*/*;q=0.1, application/json;q=0', ['application/json', 'text/csv'], 'text/csv'],
    ['application/json;q=0', ['application/json'], undefined],
    ['image/png', ['application/json'], undefined],
    ['*/*', ['application/json', 'text/csv'], 'application/json'],
    ['application/json', ['application/problem+json'], undefined],
    ['application/*', ['application/problem+json'], 'application/problem+json'],
    ['text/html, application/json;q=0.9, */*;q=0.8', ['application/json', 'text/csv'], 'application/json'],
    ['image/png', ['image/*'], 'image/*'],
    ['image/png', ['*/*'], '*/*'],
    ['text/plain;format=flowed', ['text/plain'], undefined],
    ['nonsense', ['application/json'], 'application/json'],
    ['application/json;q=nonsense', ['application/json'], 'application/json'],
  ]
  for (const [accept, produced, chosen] of rows) {
    const found = negotiate(accept, produced.map(media))
    t.equal(found && `${found.essence}`, chosen, `${accept} of ${produced}`)
  }
  t.end()
})

t.test('answers are remembered, but not without bound', (t) => {
  let asked = 0
  const ask = memoize((text) => {
    asked++
    return text.length
  })
  ask('a')
  ask('a')
  t.equal(asked, 1)
  for (let i = 0; i < 1000; i++) ask(`flood ${i}`)
  ask('a')
  t.equal(asked, 1002)
  const long = 'x'.repeat(1000)
  ask(long)
  ask(long)
  t.equal(asked, 1004)
  t.end()
})
