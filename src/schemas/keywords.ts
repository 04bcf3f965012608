import type { AnySchemaObject, CodeKeywordDefinition, ErrorObject, KeywordCxt, KeywordDefinition, ValidateFunction } from 'ajv'
import { _, not } from 'ajv/dist/compile/codegen/index.js'
import type { DataValidationCxt } from 'ajv/dist/types/index.js'
import { undecided } from './discriminator.ts'
import { isMultipleOf } from './multiple-of.ts'
import type { Discriminate, Rule, RuleObject } from './rule.ts'
import { evaluatedItems, evaluatedProperties } from './unevaluated.ts'
import { duplicateItems } from './unique-items.ts'

/** What keywords may ask of the compiler. */
export interface Checker {
  /** The validator of another entry, compiled when it is first called. */
  entry(number: number): ValidateFunction
  /** The validator of a rule on its own. */
  rule(rule: Rule): ValidateFunction
  /** The rule of another entry. */
  target(number: number): Rule
}

type Found = Partial<ErrorObject>

/** A keyword that is a function over the data; `find` gives what is wrong, undefined when nothing is. */
function functionKeyword<Value>(
  keyword: string,
  find: (value: Value, data: never, parent: AnySchemaObject, context: DataValidationCxt) => readonly Found[] | undefined,
  options: Partial<KeywordDefinition> = {},
): KeywordDefinition {
  const compile = (value: Value, parent: AnySchemaObject) => {
    const validate: { (data: unknown, context?: DataValidationCxt): boolean; errors?: Found[] } = (data, context) => {
      const found = find(value, data as never, parent, context as DataValidationCxt)
      if (found === undefined) return true
      validate.errors = found as Found[]
      return false
    }
    return validate
  }
  return { keyword, compile, errors: 'full', ...options } as KeywordDefinition
}

/** The keywords of the inner form that Ajv has not, or does otherwise than we need. */
export function innerKeywords(checker: Checker): KeywordDefinition[] {
  return [
    functionKeyword<number>('reference', (number, data, _parent, context) => {
      const validate = checker.entry(number)
      return validate(data, context) ? undefined : (validate.errors ?? [])
    }),
    functionKeyword<Discriminate>(
      'discriminate',
      (discriminate, data: Record<string, unknown>, parent, context) =>
        discriminated(discriminate, data, parent, context, checker),
      { type: 'object' },
    ),
    functionKeyword<true>('withheld', (_value, data, parent, context) => [failure('withheld', {}, data, parent, context)]),
    functionKeyword<number>(
      'multipleOf',
      (divisor, data: number, parent, context) =>
        isMultipleOf(data, divisor) ? undefined : [failure('multipleOf', { multipleOf: divisor }, data, parent, context)],
      { type: 'number' },
    ),
    functionKeyword<boolean>(
      'uniqueItems',
      (wanted, data: unknown[], parent, context) => {
        const duplicate = wanted ? duplicateItems(data) : undefined
        return duplicate && [failure('uniqueItems', { i: duplicate[1], j: duplicate[0] }, data, parent, context)]
      },
      { type: 'array' },
    ),
    functionKeyword<Rule>(
      'unevaluatedProperties',
      (rule, data: Record<string, unknown>, parent, context) =>
        unevaluated(
          rule,
          data,
          Object.keys(data),
          evaluatedProperties(parent as RuleObject, data, checker),
          'unevaluatedProperties',
          parent,
          context,
          checker,
        ),
      { type: 'object' },
    ),
    functionKeyword<Rule>(
      'unevaluatedItems',
      (rule, data: unknown[], parent, context) =>
        unevaluated(
          rule,
          data as unknown as Record<string, unknown>,
          data.map((_item, index) => String(index)),
          evaluatedItems(parent as RuleObject, data, checker),
          'unevaluatedItems',
          parent,
          context,
          checker,
        ),
      { type: 'array' },
    ),
    anyOf,
    oneOf,
  ]
}

function failure(
  keyword: string,
  params: Record<string, unknown>,
  data: unknown,
  parentSchema: AnySchemaObject,
  context: DataValidationCxt,
): Found {
  return {
    keyword,
    params,
    data,
    parentSchema,
    schema: parentSchema[keyword],
    instancePath: context.instancePath,
    schemaPath: '',
  }
}

function discriminated(
  { property, branches, choices }: Discriminate,
  data: Record<string, unknown>,
  parent: AnySchemaObject,
  context: DataValidationCxt,
  checker: Checker,
): readonly Found[] | undefined {
  const value = Object.hasOwn(data, property) ? data[property] : undefined
  const choice = typeof value === 'string' ? choices.get(value) : undecided
  if (choice === undefined)
    return [failure('discriminate', { property, value, allowed: [...choices.keys()] }, data, parent, context)]
  const rules = parent[branches] as Rule[]
  const validate = checker.rule(choice === undecided ? { [branches]: rules } : (rules[choice] as Rule))
  return validate(data, context) ? undefined : (validate.errors ?? [])
}

function unevaluated(
  rule: Rule,
  data: Record<string, unknown>,
  keys: readonly string[],
  evaluated: ReadonlySet<string> | 'all',
  keyword: string,
  parent: AnySchemaObject,
  context: DataValidationCxt,
  checker: Checker,
): readonly Found[] | undefined {
  if (rule === true || evaluated === 'all') return undefined
  const found: Found[] = []
  for (const key of keys) {
    if (evaluated.has(key)) continue
    if (rule === false) {
      found.push(failure(keyword, { key }, data, parent, context))
      continue
    }
    const validate = checker.rule(rule)
    const instancePath = `${context.instancePath}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!validate(data[key], { ...context, instancePath, parentData: data, parentDataProperty: key }))
      found.push(...(validate.errors ?? []))
  }
  return found.length === 0 ? undefined : found
}

/**
 * Ajv's own `anyOf` and `oneOf` list the errors of every branch side by side. These stop at the first error inside a branch and
 * leave one error; errors.ts then looks at the branches of that one again and says which came nearest.
 */
const anyOf: CodeKeywordDefinition = {
  keyword: 'anyOf',
  schemaType: 'array',
  trackErrors: true,
  code(cxt: KeywordCxt) {
    const { gen, schema, parentSchema } = cxt
    if (parentSchema.discriminate?.branches === 'anyOf') return
    const valid = gen.let('valid', false)
    const branchValid = gen.name('_valid')
    gen.block(
      () => {
        for (const index of (schema as Rule[]).keys()) {
          cxt.subschema(
            { keyword: 'anyOf', schemaProp: index, compositeRule: true, createErrors: false, allErrors: false },
            branchValid,
          )
          gen.assign(valid, _`${valid} || ${branchValid}`)
          gen.if(not(valid))
        }
      },
      (schema as Rule[]).length,
    )
    cxt.result(
      valid,
      () => cxt.reset(),
      () => refuse(cxt),
    )
  },
}

const oneOf: CodeKeywordDefinition = {
  keyword: 'oneOf',
  schemaType: 'array',
  trackErrors: true,
  error: { message: 'must match exactly one', params: ({ params }) => _`{passing: ${params.passing}}` },
  code(cxt: KeywordCxt) {
    const { gen, schema, parentSchema } = cxt
    if (parentSchema.discriminate?.branches === 'oneOf') return
    const passing = gen.let('passing', _`[]`)
    const branchValid = gen.name('_valid')
    for (const index of (schema as Rule[]).keys()) {
      cxt.subschema(
        { keyword: 'oneOf', schemaProp: index, compositeRule: true, createErrors: false, allErrors: false },
        branchValid,
      )
      gen.if(branchValid, () => gen.code(_`${passing}.push(${index})`))
    }
    cxt.setParams({ passing })
    cxt.result(
      _`${passing}.length === 1`,
      () => cxt.reset(),
      () => refuse(cxt),
    )
  },
}

function refuse(cxt: KeywordCxt): void {
  cxt.reset()
  cxt.error()
}
