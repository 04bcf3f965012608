/** A valid `traceparent` (W3C Trace Context, section 3.2), else undefined: what is not valid is nobody's trace. */
export function readTraceparent(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const [, version, traceId, parentId, rest] = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(value) ?? []
  if (version === undefined || version === 'ff' || traceId === none.trace || parentId === none.span) return undefined
  // Later versions may say more behind the flags; version 00 may not.
  if (version === '00' && rest !== undefined) return undefined
  return value
}

/** Ids of zeros alone mean that there is none. */
const none = { trace: '0'.repeat(32), span: '0'.repeat(16) }

/** The trace id of a valid `traceparent`. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35)
}
