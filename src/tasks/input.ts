import type { HandlerRequest, RequestContext } from '../context.ts'

/**
 * What is kept of a request for the handler of its task: path, query and body as they were decoded and checked, and of headers and
 * cookies only those that the document declares. The others may carry credentials, which must not outlive the request.
 */
export function taskInput(context: RequestContext): HandlerRequest {
  const { operation } = context
  return {
    method: operation.method,
    path: context.path,
    params: context.params,
    query: context.query,
    headers: pick(context.headers, declared('header')),
    cookies: pick(context.cookies, declared('cookie')),
    body: context.body,
    contentType: context.contentType,
  }

  function declared(place: 'header' | 'cookie'): string[] {
    return operation.parameters.filter((parameter) => parameter.in === place).map(({ name }) => name)
  }
}

function pick(values: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(values, name)).map((name) => [name, values[name]]))
}
