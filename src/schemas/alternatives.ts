import type { AnySchemaObject, CodeKeywordDefinition, KeywordCxt } from 'ajv'
import { _, not } from 'ajv/dist/compile/codegen/index.js'
import { isObject } from '../documents/document.ts'
import { chooseBranch, undecided } from './discriminator.ts'
import { type Checker, errorsOf, type Failure, failure, functionKeyword } from './function-keyword.ts'
import type { Discriminate, Rule, RuleObject } from './rule.ts'

/**
 * Ajv's own `anyOf` and `oneOf` list the errors of every branch side by side. These stop at the first error inside a branch and
 * leave one error; branches.ts then looks at the branches of that one again and says which came nearest.
 */
export const anyOf: CodeKeywordDefinition = {
  keyword: 'anyOf',
  schemaType: 'array',
  trackErrors: true,
  code(cxt) {
    const { gen, schema, parentSchema } = cxt
    if (parentSchema.discriminate?.branches === 'anyOf') return
    const valid = gen.let('valid', false)
    const branchValid = gen.name('_valid')
    const tryEach = () => {
      for (const index of (schema as Rule[]).keys()) {
        tryBranch(cxt, 'anyOf', index, branchValid)
        gen.assign(valid, _`${valid} || ${branchValid}`)
        gen.if(not(valid))
      }
    }
    gen.block(tryEach, (schema as Rule[]).length)
    settle(cxt, valid)
  },
}

export const oneOf: CodeKeywordDefinition = {
  keyword: 'oneOf',
  schemaType: 'array',
  trackErrors: true,
  error: { message: 'must match exactly one', params: ({ params }) => _`{passing: ${params.passing}}` },
  code(cxt) {
    const { gen, schema, parentSchema } = cxt
    if (parentSchema.discriminate?.branches === 'oneOf') return
    const passing = gen.let('passing', _`[]`)
    const branchValid = gen.name('_valid')
    for (const index of (schema as Rule[]).keys()) {
      tryBranch(cxt, 'oneOf', index, branchValid)
      gen.if(branchValid, () => gen.code(_`${passing}.push(${index})`))
    }
    cxt.setParams({ passing })
    settle(cxt, _`${passing}.length === 1`)
  },
}

type Name = ReturnType<KeywordCxt['gen']['name']>

function tryBranch(cxt: KeywordCxt, keyword: string, index: number, valid: Name): void {
  cxt.subschema({ keyword, schemaProp: index, compositeRule: true, createErrors: false, allErrors: false }, valid)
}

function settle(cxt: KeywordCxt, valid: Parameters<KeywordCxt['result']>[0]): void {
  const refuse = () => {
    cxt.reset()
    cxt.error()
  }
  cxt.result(valid, () => cxt.reset(), refuse)
}

/**
 * Judges a value by the one branch that its discriminator chooses. It must not change the outcome (OpenAPI 3.1.1 section 4.8.25), so
 * that a value refused by it gets a second look without it; it decides what is then said to be wrong.
 */
export function discriminateKeyword(checker: Checker): CodeKeywordDefinition {
  // Second looks within second looks would take time exponential in the depth of a recursive schema.
  let isSecondLook = false

  function passesWithout(judge: () => readonly Failure[] | undefined): boolean {
    if (isSecondLook) return false
    isSecondLook = true
    try {
      return judge() === undefined
    } finally {
      isSecondLook = false
    }
  }

  return functionKeyword<Discriminate, unknown>('discriminate', (discriminate, data, place) => {
    const { property, branches, choices } = discriminate
    const choice = chooseBranch(discriminate, data)
    const judgeAll = () => errorsOf(checker.rule(undiscriminated(place.parent, branches)), data, place.context)
    if (choice !== undefined && choice !== undecided) {
      const refused = errorsOf(checker.rule((place.parent[branches] as Rule[])[choice] as Rule), data, place.context)
      return refused === undefined || passesWithout(judgeAll) ? undefined : refused
    }
    if (choice === undefined && passesWithout(judgeAll)) return undefined
    const found = choice === undefined ? [] : judgeAll()
    const value = isObject(data) && Object.hasOwn(data, property) ? data[property] : undefined
    // Where no branch fits and the property does not say which was meant, that is what is wrong.
    if (found === undefined || !isObject(data) || (choice === undecided && typeof value === 'string')) return found
    return [failure('discriminate', { property, value, allowed: Object.keys(choices) }, data, place)]
  })
}

const withoutDiscriminator = new WeakMap<object, RuleObject>()

/** The same alternatives to be tried one by one; one object for each list, so that it is compiled once. */
function undiscriminated(parent: AnySchemaObject, branches: 'oneOf' | 'anyOf'): RuleObject {
  const list = parent[branches] as Rule[]
  const rule = withoutDiscriminator.get(list) ?? { [branches]: list }
  withoutDiscriminator.set(list, rule)
  return rule
}
