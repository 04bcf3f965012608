import { parameterOf, variablesOf } from '../documents/path-template.ts'
import { isJson } from '../messages/media-type.ts'
import type { Operation, Parameter } from '../model/operation.ts'
import { clientName, usualContent } from './client-operation.ts'
import { indent, literal, memberName } from './expression.ts'

/** How each operation is called, as the value of `ApiDefinition.operations` of `gatefold/client`. */
export function clientRoutes(operations: readonly Operation[]): string {
  const lines = operations.map((operation) => `${memberName(clientName(operation))}: ${routeOf(operation)},`)
  return lines.length === 0 ? '{}' : `{\n${indent(lines.join('\n'))}\n}`
}

function routeOf(operation: Operation): string {
  const at = literal(`${operation.method} ${templateOf(operation)}`)
  const usual = operation.body && usualContent(operation.body)
  const styles = operation.parameters.flatMap((parameter) => {
    const style = styleOf(parameter)
    return style === undefined ? [] : [`${literal(`${placeOf(parameter)} ${parameter.name}`)}: ${literal(style)}`]
  })
  const parts = [
    `at: ${at}`,
    ...(usual === undefined || usual === 'application/json' ? [] : [`body: ${literal(usual)}`]),
    ...(styles.length === 0 ? [] : [`styles: { ${styles.join(', ')} }`]),
    ...(operation.target === 'task' ? ['task: true'] : []),
  ]
  return parts.length === 1 ? at : `{ ${parts.join(', ')} }`
}

/** The path with each variable as its parameter is called: a template may be written as a URI template. */
function templateOf({ path, parameters }: Operation): string {
  const declared = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
  return variablesOf(path).reduce(
    (template, variable) => template.replace(`{${variable}}`, `{${parameterOf(variable, declared) ?? variable}}`),
    path,
  )
}

function placeOf(parameter: Parameter): string {
  return parameter.in === 'querystring' ? 'query' : parameter.in
}

const usualStyles: Readonly<Record<string, string>> = { path: 'simple', query: 'form*', header: 'simple', cookie: 'form*' }

/** How a parameter is written, where that is not its place's usual way; `*` stands for `explode`. */
function styleOf({ in: place, style, explode, content }: Parameter): string | undefined {
  if (place === 'querystring')
    return content?.range.startsWith('application/x-www-form-urlencoded') === true ? 'whole-form' : 'whole'
  if (content !== undefined) return isJson(content.range) ? 'json' : undefined
  const written = style === 'deepObject' ? style : `${style}${explode ? '*' : ''}`
  return written === usualStyles[place] ? undefined : written
}
