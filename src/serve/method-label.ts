const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'])

/** A client may send any word as a method; OpenTelemetry folds those that HTTP does not know into one (semantic conventions, HTTP). */
export function methodLabel(method: string): string {
  return methods.has(method) ? method : '_OTHER'
}
