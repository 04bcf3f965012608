import type { KeywordDefinition } from 'ajv'
import { escapePointer } from '../documents/document.ts'
import { anyOf, discriminateKeyword, oneOf } from './alternatives.ts'
import { constKeyword, enumKeyword } from './const-enum.ts'
import { type Checker, errorsOf, type Failure, failure, functionKeyword, type Place } from './function-keyword.ts'
import { isMultipleOf } from './multiple-of.ts'
import type { Rule, RuleObject } from './rule.ts'
import { textLengths } from './text-length.ts'
import { evaluatedItems, evaluatedProperties } from './unevaluated.ts'
import { duplicateItems } from './unique-items.ts'

/** The keywords of the inner form that Ajv has not, or does otherwise than we need. */
export function innerKeywords(checker: Checker): KeywordDefinition[] {
  return [
    functionKeyword<number, unknown>('reference', (number, data, { context }) => errorsOf(checker.entry(number), data, context)),
    discriminateKeyword(checker),
    anyOf,
    oneOf,
    constKeyword,
    enumKeyword,
    withheld,
    multipleOf,
    uniqueItems,
    ...textLengths,
    functionKeyword<Rule, unknown[]>('items', (rule, data, place) => itemsErrors(checker, rule, data, place), 'array'),
    functionKeyword<Rule, unknown[]>('contains', (rule, data, place) => containsErrors(checker, rule, data, place), 'array'),
    functionKeyword<Rule, object>('propertyNames', (rule, data, place) => namesErrors(checker, rule, data, place), 'object'),
    functionKeyword<Rule, Record<string, unknown>>(
      'unevaluatedProperties',
      (rule, data, place) => {
        const evaluated = evaluatedProperties(place.parent as RuleObject, data, checker)
        if (rule === true || evaluated === 'all') return undefined
        const members = Object.entries(data).filter(([name]) => !evaluated.has(name))
        return unevaluatedErrors('unevaluatedProperties', rule, members, data, place, checker)
      },
      'object',
    ),
    functionKeyword<Rule, unknown[]>(
      'unevaluatedItems',
      (rule, data, place) => {
        const evaluated = evaluatedItems(place.parent as RuleObject, data, checker)
        if (rule === true || evaluated === 'all') return undefined
        const items = Object.entries(data).filter(([index]) => !evaluated.has(index))
        return unevaluatedErrors('unevaluatedItems', rule, items, data, place, checker)
      },
      'array',
    ),
  ]
}

const withheld = functionKeyword<true, unknown>('withheld', (_value, data, place) => [failure('withheld', {}, data, place)])

const multipleOf = functionKeyword<number, number>(
  'multipleOf',
  (divisor, data, place) => {
    return isMultipleOf(data, divisor) ? undefined : [failure('multipleOf', { multipleOf: divisor }, data, place)]
  },
  'number',
)

const uniqueItems = functionKeyword<boolean, unknown[]>(
  'uniqueItems',
  (wanted, data, place) => {
    const duplicate = wanted ? duplicateItems(data) : undefined
    return duplicate && [failure('uniqueItems', { i: duplicate[1], j: duplicate[0] }, data, place)]
  },
  'array',
)

/** A list of a megabyte could have half a million errors; beyond these nobody reads them. */
const mostItemErrors = 1000

function itemsErrors(checker: Checker, rule: Rule, data: unknown[], place: Place): readonly Failure[] | undefined {
  if (rule === true) return undefined
  const start = (place.parent.prefixItems as Rule[] | undefined)?.length ?? 0
  if (rule === false) return data.length > start ? [failure('items', { limit: start }, data, place)] : undefined
  const validate = checker.rule(rule)
  const found: Failure[] = []
  for (let index = start; index < data.length && found.length < mostItemErrors; index++) {
    if (validate(data[index])) continue
    // Only now is the path needed; making it for each valid item would cost more than the check.
    const context = { ...place.context, instancePath: `${place.context.instancePath}/${index}` }
    found.push(...(errorsOf(validate, data[index], context) ?? []).slice(0, mostItemErrors))
  }
  return found.length === 0 ? undefined : found
}

function containsErrors(checker: Checker, rule: Rule, data: unknown[], place: Place): readonly Failure[] | undefined {
  const { minContains = 1, maxContains } = place.parent as { minContains?: number; maxContains?: number }
  const validate = checker.rule(rule)
  const count = data.filter((item) => validate(item)).length
  if (count >= minContains && (maxContains === undefined || count <= maxContains)) return undefined
  return [failure('contains', { minContains, maxContains, count }, data, place)]
}

function namesErrors(checker: Checker, rule: Rule, data: object, { context }: Place): readonly Failure[] | undefined {
  const validate = checker.rule(rule)
  const found = Object.keys(data).flatMap((name) => {
    return (errorsOf(validate, name, context) ?? []).map((error) => ({ ...error, propertyName: name }))
  })
  return found.length === 0 ? undefined : found
}

function unevaluatedErrors(
  keyword: string,
  rule: Rule,
  members: readonly [key: string, value: unknown][],
  data: object,
  place: Place,
  checker: Checker,
): readonly Failure[] | undefined {
  const found = members.flatMap(([key, value]) => {
    if (rule === false) return failure(keyword, { key }, data, place)
    const instancePath = `${place.context.instancePath}/${escapePointer(key)}`
    return errorsOf(checker.rule(rule), value, { ...place.context, instancePath }) ?? []
  })
  return found.length === 0 ? undefined : found
}
