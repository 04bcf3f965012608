import { child, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { isJson } from '../messages/media-type.ts'
import type { MediaType, Operation, Parameter } from '../model/operation.ts'
import type { SchemaError, VisitedSchema } from '../schemas/compiler.ts'
import type { Reviewed, Rule } from './review.ts'
import { serialised } from './serialised-example.ts'

/** Examples and defaults that their own schema refuses: documentation, mocks and clients would hand them on. */
export const reviewExamples: Rule = (reviewed) => {
  const { operations, schemas, diagnostics } = reviewed
  // A schema that means nothing refuses everything.
  if (diagnostics.all.some(({ code, severity }) => code === 'invalid-schema' && severity === 'error')) return
  const seen = new Set<unknown>()
  for (const operation of operations) {
    reviewMessages(operation, reviewed, seen)
  }
  schemas.visit((visited) => reviewSchema(visited, reviewed))
}

type Direction = 'request' | 'response'

function reviewMessages(operation: Operation, reviewed: Reviewed, seen: Set<unknown>): void {
  const { id, parameters, body, responses } = operation
  const once = <T extends { node: Located }>(parts: readonly T[]) =>
    parts.filter(({ node }) => !seen.has(node.value) && seen.add(node.value))
  for (const parameter of once(parameters)) {
    reviewParameter(parameter, `the ${parameter.in} parameter "${parameter.name}" of '${id}'`, 'request', operation, reviewed)
  }
  for (const media of once(body?.content ?? [])) {
    reviewMedia(media, `the request body of '${id}'`, 'request', operation, reviewed)
  }
  for (const { status, content, headers } of responses) {
    for (const media of once(content)) reviewMedia(media, `the response ${status} of '${id}'`, 'response', operation, reviewed)
    for (const header of once(headers)) {
      reviewParameter(header, `the header ${header.name} of the response ${status} of '${id}'`, 'response', operation, reviewed)
    }
  }
}

function reviewMedia(media: MediaType, what: string, direction: Direction, operation: Operation, reviewed: Reviewed): void {
  if (media.schema === undefined) return
  const validate = reviewed.schemas.validator(media.schema, operation.dialect, direction)
  for (const { name, node } of examplesOf(media.node, reviewed.documents)) {
    // Elsewhere than in JSON, an example may be the text of the message itself.
    if (typeof node.value === 'string' && !isJson(media.range)) continue
    // The validator fills defaults into requests, in place.
    const found = validate(direction === 'request' ? structuredClone(node.value) : node.value)
    if (found !== undefined) report(`${name} of ${what} (${media.range})`, node, found, reviewed)
  }
}

function reviewParameter(parameter: Parameter, what: string, direction: Direction, operation: Operation, reviewed: Reviewed) {
  if (parameter.schema === undefined) return
  const validate = reviewed.schemas.validator(parameter.schema, operation.dialect, direction)
  for (const { name, node } of examplesOf(parameter.node, reviewed.documents)) {
    const found = validate(structuredClone(node.value))
    if (found === undefined || serialised(node.value).some((value) => validate(value) === undefined)) continue
    report(`${name} of ${what}`, node, found, reviewed)
  }
}

interface Example {
  readonly name: string
  readonly node: Located
}

/** `example`, and the values of `examples` (`dataValue` since 3.2); what `externalValue` leads to is never fetched. */
function examplesOf(holder: Located, documents: Documents): Example[] {
  const named = members(child(holder, 'examples')).flatMap(([name, written]) => {
    const example = documents.follow(written)
    const node = example && (child(example, 'dataValue') ?? child(example, 'value'))
    return node === undefined ? [] : [{ name: `the example "${name}"`, node }]
  })
  const single = child(holder, 'example')
  return single === undefined ? named : [{ name: 'the example', node: single }, ...named]
}

/** An example may show a request or a response; a default is what a request gets. */
function reviewSchema({ schema, judge }: VisitedSchema, reviewed: Reviewed): void {
  const preset = child(schema, 'default')
  if (preset !== undefined) {
    const found = judge(preset.value, 'request')
    if (found !== undefined) report('the default', preset, found, reviewed)
  }
  const single = child(schema, 'example')
  const list = child(schema, 'examples')
  const examples = [...(single ? [single] : []), ...(Array.isArray(list?.value) ? members(list).map(([, node]) => node) : [])]
  for (const node of examples) {
    if (judge(node.value, 'response') === undefined) continue
    const found = judge(node.value, 'request')
    if (found !== undefined) report('the example', node, found, reviewed)
  }
}

function report(
  name: string,
  node: Located,
  found: readonly SchemaError[],
  { diagnostics }: Pick<Reviewed, 'diagnostics'>,
): void {
  const [first] = found as [SchemaError]
  const more = found.length === 1 ? '' : ` (and ${found.length - 1} more)`
  const wrong = `${first.pointer === '' ? 'it' : `${first.pointer}:`} ${first.message}${more}`
  const at = node.document.locate(node.pointer + first.pointer)
  diagnostics.warning('invalid-example', at, `${name} contradicts its schema: ${wrong}`, hintOf(node.value))
}

function hintOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined
  return 'Write it as a value, not as a text that holds one.'
}
