import t from 'tap'
import { send } from '../conformance/conformance.ts'
import { serveDocument } from './serve-document.ts'

interface Row {
  name: string
  parameters: object[]
  /** Behind the operation's own path: the rest of the path, the query. */
  path?: string
  headers?: [string, string][]
  template?: string
  /** What the operation sees, by place, or the refusal's status and `place pointer message` lines. */
  sees?: object
  refused?: [status: number, ...errors: string[]]
}

const integer = { type: 'integer' }
const string = { type: 'string' }
const strings = { type: 'array', items: string }
const integers = { type: 'array', items: integer }
const point = { type: 'object', properties: { x: integer, y: integer } }

function inQuery(name: string, schema: object, rest: object = {}): object {
  return { name, in: 'query', schema, ...rest }
}
function inCookie(name: string, schema: object, rest: object = {}): object {
  return { name, in: 'cookie', schema, ...rest }
}

const rows: Row[] = [
  {
    name: 'undeclared query parameters are ignored',
    parameters: [inQuery('a', integer)],
    path: '?b=1&a=2',
    sees: { query: { a: 2 } },
  },
  { name: 'an absent optional parameter is absent', parameters: [inQuery('a', integer)], path: '', sees: { query: {} } },
  { name: 'a default is filled in', parameters: [inQuery('a', { type: 'integer', default: 7 })], sees: { query: { a: 7 } } },
  {
    name: 'a default stands behind allOf',
    parameters: [inQuery('a', { allOf: [{ type: 'integer', default: 7 }] })],
    sees: { query: { a: 7 } },
  },
  {
    name: 'a default does not come from one of several branches',
    parameters: [inQuery('a', { anyOf: [{ type: 'integer', default: 7 }, string] })],
    sees: { query: {} },
  },
  {
    name: 'a required parameter is missed',
    parameters: [inQuery('a', integer, { required: true })],
    refused: [422, 'query /a is required'],
  },
  {
    name: 'all errors come at once',
    parameters: [inQuery('a', integer), inQuery('b', { type: 'boolean' }), inCookie('c', integer, { required: true })],
    path: '?a=x&b=1',
    refused: [422, 'query /a must be an integer', 'query /b must be true or false', 'cookie /c is required'],
  },
  {
    name: 'a scalar given twice',
    parameters: [inQuery('a', string)],
    path: '?a=1&a=2',
    refused: [422, 'query /a is given 2 times, but may be given only once'],
  },
  {
    name: 'one name in every place',
    parameters: [
      { name: 'a', in: 'path', required: true, schema: integer },
      inQuery('a', string),
      { name: 'a', in: 'header', schema: { type: 'boolean' } },
      inCookie('a', strings, { explode: false }),
    ],
    template: '/{a}',
    path: '/1?a=2',
    headers: [
      ['A', 'true'],
      ['Cookie', 'a=x,y'],
    ],
    sees: { params: { a: 1 }, query: { a: '2' }, headers: { a: true }, cookies: { a: ['x', 'y'] } },
  },
  {
    name: 'keys of Object.prototype are names like others',
    parameters: [inQuery('__proto__', integer), inQuery('toString', integer), inQuery('constructor', string)],
    path: '?__proto__=1&toString=2',
    sees: { query: JSON.parse('{"__proto__":1,"toString":2}') },
  },
  {
    name: 'prototype keys inside a deepObject are data',
    parameters: [inQuery('f', { type: 'object' }, { style: 'deepObject' })],
    path: '?f[__proto__][x]=1&f[constructor]=2',
    sees: { query: { f: JSON.parse('{"__proto__":{"x":"1"},"constructor":"2"}') } },
  },
  {
    name: 'percent-encoding is undone once',
    parameters: [inQuery('a', string)],
    path: '?a=%2525',
    sees: { query: { a: '%25' } },
  },
  {
    name: 'delimiters that are encoded are data',
    parameters: [inQuery('a', strings, { explode: false })],
    path: '?a=1%2C2,3',
    sees: { query: { a: ['1,2', '3'] } },
  },
  { name: 'names are decoded too', parameters: [inQuery('a b', string)], path: '?a+b=1', sees: { query: { 'a b': '1' } } },
  { name: 'plus is a space in a query', parameters: [inQuery('a', string)], path: '?a=1+1%2B1', sees: { query: { a: '1 1+1' } } },
  {
    name: 'plus is plus in a path',
    parameters: [{ name: 'a', in: 'path', required: true, schema: string }],
    template: '/{a}',
    path: '/1+1',
    sees: { params: { a: '1+1' } },
  },
  { name: 'malformed percent-encoding in the query', parameters: [inQuery('a', string)], path: '?a=%zz', refused: [400] },
  {
    name: 'malformed UTF-8 in the path',
    parameters: [{ name: 'a', in: 'path', required: true, schema: string }],
    template: '/{a}',
    path: '/%ff',
    refused: [400],
  },
  {
    name: 'template variables that nobody describes are text',
    parameters: [],
    template: '/{a}/{b}',
    path: '/1/x%20y',
    sees: { params: { a: '1', b: 'x y' } },
  },
  {
    name: 'reserved characters as they are',
    parameters: [inQuery('a', string, { allowReserved: true })],
    path: "?a=/:?@!$'()*,;=",
    sees: { query: { a: "/:?@!$'()*,;=" } },
  },
  {
    name: 'a flag without a value',
    parameters: [
      inQuery('a', { type: 'boolean' }, { allowEmptyValue: true }),
      inQuery('b', integers, { allowEmptyValue: true }),
      inQuery('c', string),
    ],
    path: '?a&b=&c=',
    sees: { query: { a: true, b: [], c: '' } },
  },
  {
    name: 'an empty value where none is allowed',
    parameters: [inQuery('a', integer)],
    path: '?a=',
    refused: [422, 'query /a must be an integer'],
  },
  {
    name: 'one text may be a list',
    parameters: [inQuery('a', { anyOf: [integer, integers] })],
    path: '?a=1',
    sees: { query: { a: 1 } },
  },
  {
    name: 'several texts are a list',
    parameters: [inQuery('a', { anyOf: [integer, integers] })],
    path: '?a=1&a=2',
    sees: { query: { a: [1, 2] } },
  },
  {
    name: 'types are tried in the order in which the schema names them',
    parameters: [inQuery('a', { anyOf: [integer, string] }), inQuery('b', { type: ['string', 'integer'] })],
    path: '?a=1&b=1',
    sees: { query: { a: 1, b: '1' } },
  },
  {
    name: 'another type is tried when the first is not valid',
    parameters: [
      inQuery('a', {
        anyOf: [
          { type: 'integer', maximum: 9 },
          { type: 'string', minLength: 2 },
        ],
      }),
    ],
    path: '?a=12',
    sees: { query: { a: '12' } },
  },
  {
    name: 'null where it is allowed',
    parameters: [
      inQuery('a', { type: ['integer', 'null'] }),
      inQuery('b', { type: ['integer', 'null'] }),
      inQuery('c', { type: ['string', 'null'] }),
    ],
    path: '?a=null&b=&c=null',
    sees: { query: { a: null, b: null, c: 'null' } },
  },
  {
    name: 'types by enum',
    parameters: [inQuery('a', { enum: [1, 2] }), inQuery('b', { const: true })],
    path: '?a=2&b=true',
    sees: { query: { a: 2, b: true } },
  },
  {
    name: 'prefixItems and items have types of their own',
    parameters: [inQuery('a', { type: 'array', prefixItems: [string, integer], items: { type: 'boolean' } }, { explode: false })],
    path: '?a=1,2,true',
    sees: { query: { a: ['1', 2, true] } },
  },
  {
    name: 'an open exploded object takes what nobody declared',
    parameters: [inQuery('f', { type: 'object', additionalProperties: integer }), inQuery('a', string)],
    path: '?a=x&b=1&c=2',
    sees: { query: { f: { b: 1, c: 2 }, a: 'x' } },
  },
  {
    name: 'a closed exploded object leaves the rest alone',
    parameters: [inQuery('f', { ...point, additionalProperties: false })],
    path: '?x=1&z=2',
    sees: { query: { f: { x: 1 } } },
  },
  {
    name: 'errors inside an object have their pointer',
    parameters: [inQuery('f', point, { style: 'deepObject' })],
    path: '?f[x]=1&f[y]=no',
    refused: [422, 'query /f/y must be an integer'],
  },
  {
    name: 'deepObject nests, repeats and counts',
    parameters: [
      inQuery(
        'f',
        { type: 'object', properties: { a: { type: 'object', properties: { b: integers } }, c: integers, d: integers } },
        { style: 'deepObject' },
      ),
    ],
    path: '?f[a][b]=1&f[a][b]=2&f[c][]=3&f[d][1]=5&f[d][0]=4',
    sees: { query: { f: { a: { b: [1, 2] }, c: [3], d: [4, 5] } } },
  },
  {
    name: 'deepObject with a value and members',
    parameters: [inQuery('f', { type: 'object' }, { style: 'deepObject' })],
    path: '?f[a]=1&f[a][b]=2',
    refused: [422, 'query /f has both a value and members at [a][b]'],
  },
  {
    name: 'deepObject written as text',
    parameters: [inQuery('f', { type: 'object' }, { style: 'deepObject' })],
    path: '?f=x,1',
    refused: [422, 'query /f must be written as f[…]=… (style deepObject)'],
  },
  {
    name: 'deepObject without anything',
    parameters: [inQuery('f', { type: 'object' }, { style: 'deepObject' })],
    path: '?f=',
    sees: { query: {} },
  },
  {
    name: 'deepObject, or text',
    parameters: [inQuery('f', { type: ['string', 'object'] }, { style: 'deepObject' })],
    path: '?f=x',
    sees: { query: { f: 'x' } },
  },
  {
    name: 'deepObject nested without end',
    parameters: [inQuery('f', { type: 'object' }, { style: 'deepObject' })],
    path: `?f${'[a]'.repeat(17)}=1`,
    refused: [422, 'query /f may be nested at most 16 levels deep'],
  },
  {
    name: 'an object with a name but no value',
    parameters: [inQuery('f', point, { explode: false })],
    path: '?f=x,1,y',
    refused: [422, 'query /f must be names and values in turn'],
  },
  {
    name: 'an object whose delimiters are encoded too',
    parameters: [inQuery('f', point, { explode: false })],
    path: '?f=x%2C1%2Cy%2C2',
    sees: { query: { f: { x: 1, y: 2 } } },
  },
  {
    name: 'JSON in a query value',
    parameters: [{ name: 'f', in: 'query', content: { 'application/json': { schema: point } } }],
    path: '?f=%7B%22x%22:1%7D',
    sees: { query: { f: { x: 1 } } },
  },
  {
    name: 'what should be JSON is not',
    parameters: [{ name: 'f', in: 'query', content: { 'application/json': { schema: point } } }],
    path: '?f=%7B',
    refused: [422, 'query /f must be JSON'],
  },
  {
    name: 'JSON nested without end',
    parameters: [{ name: 'f', in: 'query', content: { 'application/json': {} } }],
    path: `?f=${'['.repeat(600)}${']'.repeat(600)}`,
    refused: [422, 'query /f may be nested at most 512 levels deep'],
  },
  {
    name: 'text content is text',
    parameters: [{ name: 'f', in: 'query', content: { 'text/plain': { schema: string } } }],
    path: '?f=1',
    sees: { query: { f: '1' } },
  },
  {
    name: 'the whole query in one value',
    parameters: [
      {
        name: 'q',
        in: 'querystring',
        content: { 'application/x-www-form-urlencoded': { schema: { type: 'object', properties: { a: integer, b: strings } } } },
      },
    ],
    path: '?a=1&b=x&b=y',
    sees: { query: { q: { a: 1, b: ['x', 'y'] } } },
  },
  {
    name: 'a whole query that is JSON',
    parameters: [{ name: 'q', in: 'querystring', content: { 'application/json': { schema: point } } }],
    path: '?%7B%22x%22%3A1%7D',
    sees: { query: { q: { x: 1 } } },
  },
  {
    name: 'header names have no case, values are not percent-decoded',
    parameters: [{ name: 'X-Name', in: 'header', schema: string }],
    headers: [['x-NAME', 'a%20b']],
    sees: { headers: { 'X-Name': 'a%20b' } },
  },
  {
    name: 'blanks in header lists',
    parameters: [{ name: 'X-Ids', in: 'header', schema: integers }],
    headers: [['X-Ids', '1, 2 ,3']],
    sees: { headers: { 'X-Ids': [1, 2, 3] } },
  },
  {
    name: 'header parameters named after Object.prototype',
    parameters: [{ name: 'constructor', in: 'header', schema: string }],
    sees: { headers: {} },
  },
  {
    name: 'cookies: quotes, blanks, percent-encoding, stray percent',
    parameters: [inCookie('a', string), inCookie('b', string), inCookie('c', string)],
    headers: [['Cookie', 'a="x y";  b=%41 ; c=100%; d']],
    sees: { cookies: { a: 'x y', b: 'A', c: '100%' } },
  },
  {
    name: 'cookie names have case, the first of a name counts',
    parameters: [inCookie('A', string)],
    headers: [['Cookie', 'a=1; A=2; A=3']],
    sees: { cookies: { A: '2' } },
  },
  {
    name: 'exploded cookies in both spellings',
    parameters: [inCookie('a', integers), inCookie('f', { type: 'object', properties: { x: integer, y: string } })],
    headers: [['Cookie', 'a=1&a=2; a=3; x=4; y=5&z']],
    sees: { cookies: { a: [1, 2, 3], f: { x: 4, y: '5&z' } } },
  },
  {
    name: 'cookie style is not percent-encoded',
    parameters: [inCookie('a', string, { style: 'cookie' })],
    headers: [['Cookie', 'a="%41"']],
    sees: { cookies: { a: '"%41"' } },
  },
  {
    name: 'label and matrix with encoded delimiters',
    parameters: [
      { name: 'l', in: 'path', required: true, style: 'label', explode: true, schema: strings },
      { name: 'm', in: 'path', required: true, style: 'matrix', schema: strings },
    ],
    template: '/{l}/{m}',
    path: '/.a%2Eb.c/;m=x%2Cy,z',
    sees: { params: { l: ['a.b', 'c'], m: ['x,y', 'z'] } },
  },
  {
    name: 'matrix of another name',
    parameters: [{ name: 'm', in: 'path', required: true, style: 'matrix', schema: string }],
    template: '/{m}',
    path: '/;n=1',
    refused: [422, 'path /m must be written as ";m=…" (style matrix)'],
  },
  {
    name: 'a referenced schema',
    parameters: [inQuery('a', { $ref: '#/components/schemas/Count' })],
    path: '?a=3',
    sees: { query: { a: 3 } },
  },
  {
    name: 'schemas that are referred to by their anchors',
    parameters: [
      inQuery('a', { $ref: '#count' }),
      inQuery('b', { $dynamicRef: '#counts' }),
      inQuery('c', { $ref: 'https://example.com/flag' }),
    ],
    path: '?a=3&b=1&b=2&c=true',
    sees: { query: { a: 3, b: [1, 2], c: true } },
  },
  {
    name: 'a path that is written as a URI template',
    parameters: [
      { name: 'l', in: 'path', required: true, style: 'label', schema: integer },
      { name: 'm', in: 'path', required: true, style: 'matrix', explode: true, schema: integers },
    ],
    template: '/{.l}/{;m*}',
    path: '/.7/;m=1;m=2',
    sees: { params: { l: 7, m: [1, 2] } },
  },
  {
    name: 'a path that is written as a URI template, with a value of another type',
    parameters: [{ name: 'l', in: 'path', required: true, style: 'label', schema: integer }],
    template: '/{.l}',
    path: '/.x',
    refused: [422, 'path /l must be an integer'],
  },
  {
    name: 'deepObject with indexes',
    parameters: [
      inQuery('f', { type: 'object', properties: { a: integers, b: { type: 'array', items: point } } }, { style: 'deepObject' }),
    ],
    path: '?f[a][1]=2&f[a][0]=1&f[b][0][x]=1&f[b][1][y]=2',
    sees: { query: { f: { a: [1, 2], b: [{ x: 1 }, { y: 2 }] } } },
  },
  {
    name: 'one item of a list that may be null',
    parameters: [
      inQuery('a', { type: ['array', 'null'], items: integer }),
      inQuery('b', { type: ['array', 'null'], items: string }, { explode: false }),
      inQuery('c', { type: ['array', 'null'], items: string }),
    ],
    path: '?a=1&b=x&c=',
    sees: { query: { a: [1], b: ['x'], c: null } },
  },
  {
    name: 'a recursive schema',
    parameters: [inQuery('f', { $ref: '#/components/schemas/Tree' }, { style: 'deepObject' })],
    path: '?f[n]=1&f[next][n]=2&f[next][next][n]=3',
    sees: { query: { f: { n: 1, next: { n: 2, next: { n: 3 } } } } },
  },
]

for (const text of ['1e400', '0x10', '%201', '01', '1.', '.5', '+1', '-', '1e', '1_0', 'Infinity', 'NaN', '%D9%A1'])
  rows.push({
    name: `${text} is no number`,
    parameters: [inQuery('a', { type: 'number' })],
    path: `?a=${text}`,
    refused: [422, 'query /a must be a number'],
  })
for (const [text, value] of [
  ['-0.5', -0.5],
  ['1e2', 100],
  ['1E-2', 0.01],
  ['9007199254740992', 9007199254740992],
  ['9007199254740993', 9007199254740992],
  ['-9223372036854775808', -(2 ** 63)],
  ['0.1234567890123456789', 0.12345678901234568],
] as const)
  rows.push({
    name: `${text} is a number`,
    parameters: [inQuery('a', { type: 'number' })],
    path: `?a=${text}`,
    sees: { query: { a: value } },
  })

for (const [format, text, value] of [
  ['int64', '9223372036854775807', 2 ** 63],
  ['uint64', '18446744073709551615', 2 ** 64],
] as const)
  rows.push({
    name: `the largest ${format}`,
    parameters: [inQuery('a', { type: 'integer', format })],
    path: `?a=${text}`,
    sees: { query: { a: value } },
  })
rows.push({
  name: 'a number that would be rounded stays text where text is allowed',
  parameters: [inQuery('a', { type: ['integer', 'string'] })],
  path: '?a=9007199254740993',
  sees: { query: { a: '9007199254740993' } },
})

t.test('parameters', async (t) => {
  const paths = Object.fromEntries(
    rows.map(({ parameters, template = '' }, index) => [
      `/r${index}${template}`,
      { get: { parameters, responses: { 200: { description: 'ok' } } } },
    ]),
  )
  const schemas = {
    Count: { $anchor: 'count', type: 'integer' },
    Counts: { $dynamicAnchor: 'counts', type: 'array', items: { $ref: '#count' } },
    Flag: { $id: 'https://example.com/flag', type: 'boolean' },
    Tree: { type: 'object', properties: { n: integer, next: { $ref: '#/components/schemas/Tree' } } },
  }
  const served = await serveDocument(t, { paths, components: { schemas } })
  for (const [index, { name, path = '', headers = [], sees, refused }] of rows.entries()) {
    served.calls.length = 0
    const { status, body } = await send(served.url, { method: 'GET', path: `/r${index}${path}`, headers })
    const errors = ((body === '' ? {} : JSON.parse(body)).errors ?? []) as { place: string; pointer: string; message: string }[]
    if (refused !== undefined) {
      const lines = errors.map(({ place, pointer, message }) => `${place} ${pointer} ${message.replace(/, got .*/, '')}`)
      t.strictSame([status, ...lines], refused, name)
      continue
    }
    const seen = served.calls[0]
    for (const [place, value] of Object.entries(sees ?? {})) {
      t.strictSame(JSON.stringify(seen?.[place as 'query'] ?? errors), JSON.stringify(value), name)
    }
  }
})

t.test('an operation without parameters compiles to nothing', async (t) => {
  const { compileParameters } = await import('../../src/messages/parameters.ts')
  const served = await serveDocument(t, { paths: { '/': { get: { responses: {} } } } })
  t.equal(compileParameters(served.operations[0]!, {} as never), undefined)
})
