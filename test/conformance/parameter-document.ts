import type { ParameterCase } from './conformance.ts'

type Schema = Record<string, unknown>

const string = { type: 'string' }
const typed = (type: string): Schema => ({ type })
const listOf = (items: Schema): Schema => ({ type: 'array', items })
const recordOf = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties })
const scalars = ['string', 'integer', 'number', 'boolean']

/**
 * The schema of a parameter case. The suites' own documents are not part of the material; what each case is about stands in
 * its name (`query array/invalid integer items`), in its `type` and in the value that is expected.
 */
export function schemaOf({ source, param, expect }: ParameterCase): Schema {
  if (param.type !== undefined)
    return { string, array: listOf(string), object: recordOf({ R: typed('integer'), G: typed('integer'), B: typed('integer') }) }[
      param.type
    ] as Schema
  const [, group = '', name = ''] = /^\w+\/(.+)\/(.+)$/.exec(source.test) ?? []
  const named = scalars.find((type) => name.includes(type))
  if (name === 'no param, for arrays') return listOf(string)
  if (name === 'valid integer prop' || typeof expect.decoded === 'number') return typed(named ?? 'number')
  if (group.endsWith('array')) return listOf(typed(named ?? 'string'))
  if (group.endsWith('object'))
    return named === undefined ? recordOf({ id: string, name: string }) : recordOf({ foo: typed(named) })
  return typed(named ?? 'string')
}

/** One document with an operation for each case. */
export function parameterDocument(cases: readonly ParameterCase[]): object {
  const paths: Record<string, object> = {}
  for (const one of cases) {
    const { param, request } = one
    const base = `/${request.path.split(/[/?]/)[1]}`
    const path = param.in === 'path' ? `${base}/{${param.name}}` : base
    paths[path] ??= {
      get: { operationId: one.operationId, parameters: [parameterOf(one)], responses: { 200: { description: 'ok' } } },
    }
  }
  return { openapi: '3.0.3', paths }
}

function parameterOf(one: ParameterCase): object {
  const { name, in: place, style, explode } = one.param
  return {
    name,
    in: place,
    required: place === 'path',
    ...(style === null ? {} : { style }),
    ...(explode === null ? {} : { explode }),
    schema: schemaOf(one),
  }
}
