import fc from 'fast-check'
import t from 'tap'
import { RequestContext } from '../../src/context.ts'
import { compileBody } from '../../src/messages/body.ts'
import { compileForm } from '../../src/messages/form.ts'
import { parseMediaType } from '../../src/messages/media-type.ts'
import { negotiate } from '../../src/messages/negotiation.ts'
import { compileParameters } from '../../src/messages/parameters.ts'
import { isDecodable } from '../../src/messages/percent.ts'
import { serveDocument } from './serve-document.ts'

const schemas: object[] = [
  { type: 'integer' },
  { type: 'string', maxLength: 5 },
  { type: 'array', items: { type: 'number' } },
  { type: 'object', properties: { a: { type: 'integer' }, b: { $ref: '#/components/schemas/Tree' } } },
  { anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'boolean' } }, { type: 'object' }] },
  {},
]
const styles = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form', 'cookie'],
}

function allParameters(): object[] {
  const parameters: object[] = []
  for (const [place, own] of Object.entries(styles))
    for (const style of own)
      for (const explode of [true, false])
        for (const [index, schema] of schemas.entries()) {
          const name = `${place}${style}${explode}${index}`
          parameters.push({ name, in: place, required: place === 'path', style, explode, schema })
        }
  return parameters
}

/** Text made of what decoders look at. */
const noise = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    '=',
    '&',
    '%',
    '%2C',
    '%5B',
    '[',
    ']',
    ',',
    ';',
    '.',
    '|',
    '+',
    ' ',
    '"',
    '1',
    '-',
    'e',
    '{',
    '}',
    '__proto__',
    'é',
    '\u0000',
  ),
  maxLength: 40,
})

t.test('no text makes a decoder throw', async (t) => {
  const parameters = allParameters() as { name: string; in: string }[]
  const template = parameters
    .filter(({ in: place }) => place === 'path')
    .map(({ name }) => `/{${name}}`)
    .join('')
  const Tree = { type: 'object', properties: { a: { type: 'integer' }, b: { $ref: '#/components/schemas/Tree' } } }
  const served = await serveDocument(t, {
    paths: { [template]: { get: { parameters, responses: {} } } },
    components: { schemas: { Tree } },
  })
  const [operation] = served.operations
  const decode = compileParameters(operation!, served.tools)!
  const names = parameters.map(({ name }) => name)
  const search = fc
    .array(fc.tuple(fc.constantFrom(...names, 'a', 'b', 'c'), noise, noise), { maxLength: 8 })
    .map((pairs) => pairs.map(([name, path, value]) => `${name}${path === '' ? '' : `[${path}]`}=${value}`).join('&'))

  fc.assert(
    fc.property(search, noise, noise, (query, pathValue, field) => {
      const headers = Object.fromEntries(
        names.filter((name) => name.startsWith('header')).map((name) => [name.toLowerCase(), field]),
      )
      const req = {
        headers: {
          ...headers,
          cookie: names
            .filter((name) => name.startsWith('cookie'))
            .map((name) => `${name}=${field}`)
            .join('; '),
        },
      }
      const values = template
        .split('/')
        .slice(1)
        .map(() => pathValue)
      const context = new RequestContext(req as never, {} as never, operation!, '/', query, values, 'id', 0)
      decode(context)
      JSON.stringify([context.params, context.query, context.headers, context.cookies])
      return ({} as { polluted?: unknown }).polluted === undefined && Object.keys(Object.prototype).length === 0
    }),
    { numRuns: 300 },
  )
  t.end()
})

t.test('no media type and no form makes a decoder throw', async (t) => {
  const schema = { type: 'object', properties: Object.fromEntries(schemas.slice(0, 3).map((one, index) => [`a${index}`, one])) }
  const content = { 'application/x-www-form-urlencoded': { schema } }
  const served = await serveDocument(t, { paths: { '/': { post: { requestBody: { content }, responses: {} } } } })
  const [operation] = served.operations
  const decode = compileForm(operation!.body!.content[0]!, served.tools)
  t.ok(compileBody(operation!, served.tools, { size: 1, parts: 1, time: 1 }))
  fc.assert(
    fc.property(noise, noise, (one, other) => {
      const media = parseMediaType(`${one}/${other}`)
      negotiate(one, media === undefined ? [] : [media])
      if (isDecodable(one)) JSON.stringify(decode(`a0=${one}&a1[${one}]=${one}&${one}`))
      return true
    }),
    { numRuns: 500 },
  )
})
