import t from 'tap'
import { readPreferences, showPreference } from '../../src/targets/prefer.ts'

const rows: [header: string | string[] | undefined, preferences: [string, string][]][] = [
  [undefined, []],
  ['code=404', [['code', '404']]],
  [
    'Code = 404 ; x=y, example="a, \\"b\\"", respond-async',
    [
      ['code', '404'],
      ['example', 'a, "b"'],
      ['respond-async', ''],
    ],
  ],
  ['code=200, code=404', [['code', '200']]],
  [
    ['code=200', 'example=a'],
    [
      ['code', '200'],
      ['example', 'a'],
    ],
  ],
  [' , ;', []],
]

for (const [header, preferences] of rows) {
  t.test(JSON.stringify(header) ?? 'no header', async (t) => {
    t.strictSame([...readPreferences(header)], preferences)
  })
}

t.test('a preference is repeated as a token or a quoted string', async (t) => {
  t.equal(showPreference('code', '404'), 'code=404')
  t.equal(showPreference('example', 'a "b"'), 'example="a \\"b\\""')
})
