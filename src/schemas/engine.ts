import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { compilePattern } from '../patterns/pattern.ts'
import { formats } from './formats.ts'
import type { Checker } from './function-keyword.ts'
import { innerKeywords } from './keywords.ts'
import type { Rule } from './rule.ts'

/** Turns rules into functions; one for a whole gateway (an Ajv for each operation costs half a minute on 1,000 of them). */
export interface Engine {
  compile(rule: Rule): ValidateFunction
}

const everything = /(?:)/

// Ajv calls it for each pattern; check() has reported those that are no regular expression.
const patternEngine = Object.assign((pattern: string) => compilePattern(pattern) ?? everything, { code: 'new RegExp' })

/** An Ajv that knows the keywords of the inner form. `checker` answers what a keyword asks while it validates. */
export function createEngine(checker: Checker): Engine {
  const ajv = new Ajv2020({
    strict: false,
    // Otherwise 1e400, which JSON.parse reads as Infinity, would pass for a number.
    strictNumbers: true,
    allErrors: true,
    verbose: true,
    ownProperties: true,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    messages: false,
    formats,
    code: { regExp: patternEngine, optimize: false },
  })
  // What is evaluated is found by our own unevaluated* keywords; tracking it in every function would cost all others.
  ajv.opts.unevaluated = false
  for (const definition of innerKeywords(checker)) ajv.removeKeyword(definition.keyword as string).addKeyword(definition)
  // Documents repeat themselves: of 2,900 schemas of a large one, 1,600 differ. Rules are data, so equal text is equal meaning.
  const byText = new Map<string, ValidateFunction>()
  const byRule = new WeakMap<object, ValidateFunction>()

  function compile(rule: Rule): ValidateFunction {
    const known = typeof rule === 'object' ? byRule.get(rule) : undefined
    if (known !== undefined) return known
    const text = JSON.stringify(rule)
    const validate = byText.get(text) ?? ajv.compile(rule)
    byText.set(text, validate)
    if (typeof rule === 'object') byRule.set(rule, validate)
    return validate
  }

  return { compile }
}
