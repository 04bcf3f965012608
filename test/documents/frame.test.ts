import t from 'tap'
import { frameOf } from '../../src/documents/frame.ts'

t.test('secrets do not stand in code frames, and columns stay where they are', async (t) => {
  const placeholder = `secret: "$\{JWT_SECRET:-}"`
  const table = {
    'jwt: { secret: 0123456789, issuer: me }': 'jwt: { secret: ••••••••••, issuer: me }',
    '{"password": "a b", "x": 1}': '{"password": "•••", "x": 1}',
    "url: 'postgres://user:word@host:5432/db'": "url: 'postgres://user:••••@host:5432/db'",
    'token: abc # said': 'token: ••• # said',
    [placeholder]: placeholder,
    'password: { type: string, format: password }': 'password: { type: string, format: password }',
    'tokenUrl: https://host.example:8443/token': 'tokenUrl: https://host.example:8443/token',
    'secret:': 'secret:',
  }
  for (const [line, shown] of Object.entries(table)) {
    t.equal(frameOf(`${line}\n`, { file: 'gateway.yaml', line: 1, column: 1 })[0]?.text, shown)
  }
})
