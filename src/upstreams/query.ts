import type { CompileTools } from '../compile/tools.ts'
import { type Problem, problem } from '../errors.ts'
import { fieldReader } from '../messages/fields.ts'
import { asIs, decodeForm, isDecodable } from '../messages/percent.ts'
import { QueryNames } from '../messages/query.ts'
import { shapeOf } from '../messages/shape.ts'
import type { Operation } from '../model/operation.ts'
import { encodeBytes } from './percent.ts'

/** The query of the request to the upstream, with its `?`, from the one that was sent. */
export type UpstreamQuery = (search: string) => string | Problem

const undecodable = problem('malformed_request', { detail: 'The query has percent-encoding that is not valid.' })

/**
 * Parameters that nobody declared were not checked, so they stay behind (unless `all`); `withheld` are the names of API keys. What goes on
 * keeps the order and encoding in which it was sent, but for `;`, at which some servers split.
 */
export function compileQuery(
  operation: Operation,
  kept: 'declared' | 'all',
  withheld: ReadonlySet<string>,
  { schemas }: CompileTools,
): UpstreamQuery {
  const names = new QueryNames()
  for (const parameter of operation.parameters) {
    if (parameter.in === 'querystring') names.open = true
    if (parameter.in !== 'query') continue
    if (parameter.content !== undefined) names.slot(parameter.name)
    else fieldReader(parameter, shapeOf(parameter.schema, schemas), names, asIs)
  }
  const all = kept === 'all' || names.open

  function goesOn(pair: string): boolean {
    if (pair === '') return false
    const equals = pair.indexOf('=')
    const name = decodeForm(equals === -1 ? pair : pair.slice(0, equals))
    if (withheld.has(name)) return false
    return all || names.slots.has(name) || (names.deep.size > 0 && names.deep.has(name.split('[', 1)[0] as string))
  }

  return function queryOf(search) {
    if (search === '') return ''
    if (!isDecodable(search)) return undecodable
    const query = search.split('&').filter(goesOn).join('&')
    return query === '' ? '' : `?${encodeBytes(query).replaceAll(';', '%3B')}`
  }
}
