import t from 'tap'
import { writeXml } from '../../src/targets/mock-xml.ts'
import { schemaDocument } from '../schemas/schema-document.ts'

const head = '<?xml version="1.0" encoding="UTF-8"?>\n'

function xml(schema: object, value: unknown, schemas: Record<string, unknown> = {}): string {
  const { subject, compiler } = schemaDocument(schema, schemas)
  const text = writeXml(value, subject, compiler)
  t.ok(text.startsWith(head))
  return text.slice(head.length)
}

const texts = { type: 'array', items: { type: 'string' } }

// The examples of the XML Object in the OpenAPI text.
t.test('names, attributes, prefixes and namespaces', async (t) => {
  const properties = {
    id: { type: 'integer', xml: { attribute: true } },
    name: { type: 'string', xml: { namespace: 'https://example.com/schema/sample', prefix: 'sample' } },
    kind: { type: 'string', xml: { name: 'species' } },
  }
  const person = { type: 'object', xml: { name: 'Person' }, properties }
  t.equal(
    xml(person, { id: 1, name: 'Ada & "Grace"', kind: 'a<b' }),
    '<Person id="1"><sample:name xmlns:sample="https://example.com/schema/sample">Ada &amp; &quot;Grace&quot;</sample:name><species>a&lt;b</species></Person>',
  )
})

t.test('lists', async (t) => {
  const list = (animals: object) =>
    xml({ type: 'object', xml: { name: 'zoo' }, properties: { animals } }, { animals: ['one', 'two'] })
  const named = { type: 'array', items: { type: 'string', xml: { name: 'animal' } } }
  t.equal(list(texts), '<zoo><animals>one</animals><animals>two</animals></zoo>')
  t.equal(list(named), '<zoo><animal>one</animal><animal>two</animal></zoo>')
  t.equal(
    list({ ...texts, xml: { wrapped: true } }),
    '<zoo><animals><animals>one</animals><animals>two</animals></animals></zoo>',
  )
  const wrapped = { ...named, xml: { name: 'aliens', wrapped: true } }
  t.equal(list(wrapped), '<zoo><aliens><animal>one</animal><animal>two</animal></aliens></zoo>')
})

t.test('a component gives its name to the root and to the items of a list', async (t) => {
  const pet = { type: 'object', properties: { id: { type: 'integer' }, tags: { ...texts, xml: { wrapped: true } } } }
  const reference = { $ref: '#/components/schemas/Pet' }
  t.equal(xml(reference, { id: 1, tags: ['a'] }, { Pet: pet }), '<Pet><id>1</id><tags><tags>a</tags></tags></Pet>')
  t.equal(
    xml({ type: 'array', items: reference }, [{ id: 1 }, { id: 2 }], { Pet: pet }),
    '<root><Pet><id>1</id></Pet><Pet><id>2</id></Pet></root>',
  )
  const named = { ...pet, xml: { name: 'pet' } }
  t.equal(xml({ allOf: [reference] }, { id: 1 }, { Pet: named }), '<pet><id>1</id></pet>')
})

t.test('what cannot be a name, and nothing at all', async (t) => {
  t.equal(xml({}, { '1 a': null, 'b:c': [] }), '<root><_1_a></_1_a></root>')
  t.equal(writeXml('text', undefined, { follow: () => undefined }), `${head}<root>text</root>`)
})
