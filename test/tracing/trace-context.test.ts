import t from 'tap'
import { readTraceparent, traceIdOf } from '../../src/tracing/trace-context.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

t.test('which traceparent counts (W3C Trace Context, section 3.2)', async (t) => {
  const table: [value: unknown, valid: boolean][] = [
    [`00-${traceId}-${spanId}-01`, true],
    [`00-${traceId}-${spanId}-00`, true],
    [`cc-${traceId}-${spanId}-01`, true],
    [`cc-${traceId}-${spanId}-01-what-the-future-will-be`, true],
    [`00-${traceId}-${spanId}-01-x`, false],
    [`ff-${traceId}-${spanId}-01`, false],
    [`00-${'0'.repeat(32)}-${spanId}-01`, false],
    [`00-${traceId}-${'0'.repeat(16)}-01`, false],
    [`00-${traceId.toUpperCase()}-${spanId}-01`, false],
    [`00-${traceId}-${spanId}`, false],
    [`00-${traceId}-${spanId}-1`, false],
    [`00-${traceId}-${spanId}-01\n`, false],
    [`00-${traceId.slice(1)}-${spanId}-01`, false],
    ['', false],
    [undefined, false],
    [[`00-${traceId}-${spanId}-01`], false],
  ]
  for (const [value, valid] of table) t.equal(readTraceparent(value), valid ? value : undefined, JSON.stringify(value))
  t.equal(traceIdOf(`00-${traceId}-${spanId}-01`), traceId)
})
