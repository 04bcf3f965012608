import type { RequestContext } from '../context.ts'
import type { ValidationError } from '../errors.ts'
import type { Operation } from '../model/operation.ts'
import { compileForm } from './form.ts'
import { compileParameter, type MessageTools } from './parameter.ts'
import { decodePercent } from './percent.ts'
import { bareRecord } from './record.ts'

/**
 * `in: querystring` (OpenAPI 3.2, Parameter Object): the whole query is one value in a media type, usually a form. The value
 * stands in the handler's `query` under the parameter's name.
 */
export function compileQuerystring(operation: Operation, tools: MessageTools) {
  const parameter = operation.parameters.find((one) => one.in === 'querystring')
  if (parameter?.content === undefined) return undefined
  const { content } = parameter
  const compiled = compileParameter(parameter, 'query', operation, tools)
  const read = content.range.startsWith('application/x-www-form-urlencoded')
    ? compileForm(content, tools)
    : (search: string) => compiled.parse?.(search, decodePercent)

  return function decodeQuerystring(context: RequestContext, errors: ValidationError[] | undefined) {
    const into = bareRecord()
    errors = compiled.settle(context.search === '' ? undefined : read(context.search), into, errors)
    context.query = into
    return errors
  }
}
