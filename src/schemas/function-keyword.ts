import type { AnySchemaObject, CodeKeywordDefinition, ErrorObject, KeywordCxt, ValidateFunction } from 'ajv'
import { _, nil } from 'ajv/dist/compile/codegen/index.js'
import namesModule from 'ajv/dist/compile/names.js'
import type { DataValidationCxt } from 'ajv/dist/types/index.js'
import { callValidateCode } from 'ajv/dist/vocabularies/code.js'
import type { Rule } from './rule.ts'

/** What keywords may ask of the compiler. */
export interface Checker {
  /** The validator of another entry, compiled when it is first called. */
  entry(number: number): ValidateFunction
  /** The validator of a rule on its own. */
  rule(rule: Rule): ValidateFunction
  /** The rule of another entry. */
  target(number: number): Rule
  /** What people call the schema of another entry. */
  name(number: number): string
}

/** An error as a keyword gives it: complete, as Ajv's own are. */
export type Failure = Partial<ErrorObject>

/** Where a keyword is applied. */
export interface Place {
  /** The rule that holds the keyword. */
  readonly parent: AnySchemaObject
  readonly context: DataValidationCxt
}

/** Gives what is wrong with `data`, undefined when nothing is. */
export type Find<Value, Data> = (value: Value, data: Data, place: Place) => readonly Failure[] | undefined

const names = namesModule.default

/**
 * A keyword that is a function over the data. Ajv's own function keywords rewrite the errors that they are given (an error
 * from deep inside would get the outer value), so its code is generated as that of `$ref`: the errors are taken over as they are.
 */
export function functionKeyword<Value, Data>(
  keyword: string,
  find: Find<Value, Data>,
  type?: 'object' | 'array' | 'number',
): CodeKeywordDefinition {
  return { keyword, ...(type !== undefined && { type }), code: (cxt) => callFunction(cxt, find) }
}

function callFunction<Value, Data>(cxt: KeywordCxt, find: Find<Value, Data>): void {
  const { gen } = cxt
  const called = gen.scopeValue('keyword', { ref: finder(find, cxt.schema as Value, cxt.parentSchema) })
  const join = gen.scopeValue('func', { ref: joinFailures })
  const takeOver = () => {
    gen.assign(names.vErrors, _`${join}(${names.vErrors}, ${called}.errors)`)
    gen.assign(names.errors, _`${names.vErrors}.length`)
  }
  cxt.result(callValidateCode(cxt, called, nil), () => {}, takeOver)
}

/** Both lists are made anew at each call, so that the first may grow; copying it for each item of a long array would take minutes. */
function joinFailures(before: Failure[] | null, more: Failure[]): Failure[] {
  if (before === null) return more
  for (const one of more) before.push(one)
  return before
}

interface Finder<Data> {
  (data: Data, context: DataValidationCxt): boolean
  errors: readonly Failure[]
}

/** Stands alone: made inside `callFunction`, it would keep Ajv's whole code generator in memory for each keyword. */
function finder<Value, Data>(find: Find<Value, Data>, value: Value, parent: AnySchemaObject): Finder<Data> {
  const validate = Object.assign(
    (data: Data, context: DataValidationCxt) => {
      const found = find(value, data, { parent, context })
      if (found !== undefined) validate.errors = found
      return found === undefined
    },
    { errors: [] as readonly Failure[] },
  )
  return validate
}

/** One error of a keyword. */
export function failure(keyword: string, params: Record<string, unknown>, data: unknown, { parent, context }: Place): Failure {
  return {
    keyword,
    params,
    data,
    parentSchema: parent,
    schema: parent[keyword],
    instancePath: context.instancePath,
    schemaPath: '',
  }
}

/** What another validator finds wrong, undefined when nothing. */
export function errorsOf(validate: ValidateFunction, data: unknown, context: DataValidationCxt): readonly Failure[] | undefined {
  return validate(data, context) ? undefined : (validate.errors ?? [])
}
