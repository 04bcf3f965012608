import type { RequestContext } from '../context.ts'
import { escapePointer } from '../documents/document.ts'
import { parameterOf, variablesOf } from '../documents/path-template.ts'
import { type Problem, problem, type ValidationError } from '../errors.ts'
import type { Operation, Parameter } from '../model/operation.ts'
import { readCookies } from './cookies.ts'
import { fieldReader } from './fields.ts'
import { type CompiledParameter, compileParameter, type MessageTools } from './parameter.ts'
import { asIs, decodeForm, decodeLeniently, decodePercent, isDecodable } from './percent.ts'
import { QueryNames, type QueryTexts, readQuery } from './query.ts'
import { compileQuerystring } from './querystring.ts'
import { bareRecord } from './record.ts'
import { type Decode, labelStyle, matrixStyle, simpleStyle } from './styles.ts'

/** Decodes and validates into the context; gives back everything that is wrong, or a refusal of text that cannot be decoded. */
export type DecodeParameters = (context: RequestContext) => ValidationError[] | Problem | undefined

type Errors = ValidationError[] | undefined
type PlaceDecoder = (context: RequestContext, errors: Errors) => Errors

/**
 * Compiles an operation's parameters into one decoder: every style of OpenAPI 3.0 to 3.2, `content` parameters, defaults,
 * coercion by schema, validation. Undefined when the operation has no parameters. Query parameters and cookies that the
 * operation does not declare are ignored.
 */
export function compileParameters(operation: Operation, tools: MessageTools): DecodeParameters | undefined {
  const decoders = [
    compilePath(pathNames(operation), operation, tools),
    compileQuery(operation, tools),
    compileQuerystring(operation, tools),
    compileHeaders(operation, tools),
    compileCookies(operation, tools),
  ].filter((decoder) => decoder !== undefined)
  if (decoders.length === 0) return undefined
  const count = decoders.length
  const readsQuery = operation.parameters.some((parameter) => parameter.in === 'query' || parameter.in === 'querystring')

  return function decodeParameters(context) {
    if (readsQuery && !isDecodable(context.search)) return malformed('query')
    for (const value of context.pathValues) if (!isDecodable(value)) return malformed('path')
    let errors: Errors
    for (let i = 0; i < count; i++) errors = (decoders[i] as PlaceDecoder)(context, errors)
    return errors
  }
}

/** The names of the path's variables, in its order, as the operation's parameters have them. */
export function pathNames({ path, parameters }: Operation): string[] {
  const declared = parameters.filter((one) => one.in === 'path').map(({ name }) => name)
  return variablesOf(path).map((variable) => parameterOf(variable, declared) ?? variable)
}

function malformed(part: string): Problem {
  return problem('malformed_request', { detail: `The ${part} has percent-encoding that is not valid (RFC 3986 section 2.1).` })
}

function compilePath(variables: readonly string[], operation: Operation, tools: MessageTools): PlaceDecoder | undefined {
  if (variables.length === 0) return undefined
  const readers = variables.map((name) => {
    const parameter = operation.parameters.find((one) => one.in === 'path' && one.name === name)
    if (parameter === undefined) return undeclared(name)
    const compiled = compileParameter(parameter, 'path', operation, tools)
    const read = pathStyle(parameter, compiled)
    return (raw: string, into: Record<string, unknown>, errors: Errors) => compiled.settle(read(raw), into, errors)
  })
  return function decodePath(context, errors) {
    const into = bareRecord()
    for (let i = 0; i < readers.length; i++) {
      const raw = context.pathValues[i] ?? ''
      if (raw === '')
        errors = add(errors, {
          place: 'path',
          pointer: `/${escapePointer(variables[i] as string)}`,
          message: 'must not be empty',
        })
      else errors = (readers[i] as (typeof readers)[number])(raw, into, errors)
    }
    context.params = into
    return errors
  }
}

function add(errors: Errors, error: ValidationError): ValidationError[] {
  return errors === undefined ? [error] : [...errors, error]
}

/** A template variable that no parameter describes is handed on as text. */
function undeclared(name: string) {
  return function keep(raw: string, into: Record<string, unknown>, errors: Errors): Errors {
    into[name] = decodePercent(raw)
    return errors
  }
}

function pathStyle({ name, style, explode }: Parameter, { shape, parse }: CompiledParameter): (raw: string) => unknown {
  if (parse !== undefined) return (raw) => parse(raw, decodePercent)
  if (style === 'label') return labelStyle(shape, explode)
  if (style === 'matrix') return matrixStyle(name, shape, explode)
  return simpleStyle(shape, explode, decodePercent)
}

function compileQuery(operation: Operation, tools: MessageTools): PlaceDecoder | undefined {
  const names = new QueryNames()
  const parameters = operation.parameters
    .filter((parameter) => parameter.in === 'query')
    .map((parameter) => {
      const compiled = compileParameter(parameter, 'query', operation, tools)
      const read = namedReader(parameter, compiled, names, decodeForm)
      const empty = parameter.allowEmptyValue ? { slot: names.slot(parameter.name), value: emptyValue(compiled) } : undefined
      return { name: parameter.name, settle: compiled.settle, read, empty }
    })
  if (parameters.length === 0) return undefined

  return function decodeQuery(context, errors) {
    const texts = readQuery(context.search, names)
    const into = bareRecord()
    for (const { name, settle, read, empty } of parameters) {
      if (empty !== undefined && texts.slots[empty.slot] === '') into[name] = empty.value
      else errors = settle(read(texts), into, errors)
    }
    context.query = into
    return errors
  }
}

type TextsReader = (texts: QueryTexts) => unknown

function namedReader(parameter: Parameter, { shape, parse }: CompiledParameter, names: QueryNames, decode: Decode): TextsReader {
  if (parse === undefined) return fieldReader(parameter, shape, names, decode)
  const slot = names.slot(parameter.name)
  return function content(texts) {
    const raw = texts.slots[slot]
    return raw === undefined ? undefined : parse(raw, decode)
  }
}

/** What `allowEmptyValue` lets stand for `?flag` and `?flag=`: true for a boolean, an empty list, otherwise the empty text. */
function emptyValue({ shape }: CompiledParameter): unknown {
  if (shape.scalars.includes('string')) return ''
  if (shape.scalars.includes('boolean')) return true
  return shape.array ? Object.freeze([]) : shape.scalars.includes('null') ? null : ''
}

function compileHeaders(operation: Operation, tools: MessageTools): PlaceDecoder | undefined {
  const parameters = operation.parameters
    .filter((parameter) => parameter.in === 'header')
    .map((parameter) => {
      const compiled = compileParameter(parameter, 'header', operation, tools)
      const { shape, parse } = compiled
      // Header fields are not percent-encoded (OpenAPI 3.2, Parameter Object, fields for use with `schema`).
      const read = parse === undefined ? simpleStyle(shape, parameter.explode, trimmed) : (raw: string) => parse(raw, asIs)
      return { field: parameter.name.toLowerCase(), settle: compiled.settle, read }
    })
  if (parameters.length === 0) return undefined

  return function decodeHeaders(context, errors) {
    const into = bareRecord()
    const sent = context.req.headers
    for (const { field, settle, read } of parameters) {
      const raw = Object.hasOwn(sent, field) ? sent[field] : undefined
      errors = settle(raw === undefined ? undefined : read(typeof raw === 'string' ? raw : raw.join(',')), into, errors)
    }
    context.headers = into
    return errors
  }
}

/** Blanks around list members are not part of them (RFC 9110 section 5.6.1). */
function trimmed(text: string): string {
  return text.trim()
}

function compileCookies(operation: Operation, tools: MessageTools): PlaceDecoder | undefined {
  const names = new QueryNames()
  const rules = { repeated: new Set<number>(), verbatim: new Set<number>() }
  const parameters = operation.parameters
    .filter((parameter) => parameter.in === 'cookie')
    .map((parameter) => {
      const compiled = compileParameter(parameter, 'cookie', operation, tools)
      const { shape, settle } = compiled
      const verbatim = parameter.style === 'cookie'
      const read = namedReader(parameter, compiled, names, verbatim ? asIs : decodeLeniently)
      const spread = parameter.explode && shape.object ? shape.names : []
      const slots = [parameter.name, ...spread].map((name) => names.slot(name))
      if (parameter.explode && (shape.array || shape.object)) for (const slot of slots) rules.repeated.add(slot)
      if (verbatim) for (const slot of slots) rules.verbatim.add(slot)
      return { settle, read }
    })
  if (parameters.length === 0) return undefined

  return function decodeCookies(context, errors) {
    const texts = readCookies(context.req.headers.cookie ?? '', names, rules)
    const into = bareRecord()
    for (const { settle, read } of parameters) errors = settle(read(texts), into, errors)
    context.cookies = into
    return errors
  }
}
