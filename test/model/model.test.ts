import t from 'tap'
import { planGateway } from '../../src/index.ts'
import { writeProject } from '../gateway.ts'

t.test('settings of operations are not called unknown because the document that names them is broken', async (t) => {
  const directory = writeProject(t, {
    openapi: 'openapi: 3.1.0\ninfo: { title: test, version: "1" }\npaths: [\n',
    gateway: { operations: { getThing: { access: 'public' } } },
  })
  const { diagnostics } = await planGateway({ directory, environment: {} })
  t.same(new Set(diagnostics.map(({ at }) => at?.file)), new Set(['openapi.yaml']))
})

t.test('settings of an operation that no document names are an error', async (t) => {
  const openapi = { openapi: '3.1.0', info: { title: 'test', version: '1' }, paths: {} }
  const directory = writeProject(t, { openapi, gateway: { operations: { getThing: { access: 'public' } } } })
  const { diagnostics } = await planGateway({ directory, environment: {} })
  t.match(diagnostics, [{ code: 'unknown-operation', message: /getThing/, at: { file: 'gateway.yaml', line: 4 } }])
})
