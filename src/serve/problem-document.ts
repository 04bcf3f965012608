import type { Problem } from '../errors.ts'

/** The media type of a problem (RFC 9457 section 6.1). */
export const problemJson = 'application/problem+json; charset=utf-8'

/** The body of a problem as it is sent (RFC 9457 section 3), with the code and the request's id as extension members. */
export function problemDocument(problem: Problem, path: string, requestId: string): Record<string, unknown> {
  return {
    type: problemType(problem.code),
    title: problem.title,
    status: problem.status,
    ...(problem.detail !== undefined && { detail: problem.detail }),
    instance: path,
    code: problem.code,
    request_id: requestId,
    ...(problem.errors !== undefined && { errors: problem.errors }),
    ...problem.extra,
  }
}

/** The URI that names a kind of problem. */
export function problemType(code: string): string {
  return `urn:gatefold:problem:${code}`
}
