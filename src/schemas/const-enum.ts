import type { CodeKeywordDefinition } from 'ajv'
import { _, not } from 'ajv/dist/compile/codegen/index.js'
import constModule from 'ajv/dist/vocabularies/validation/const.js'
import enumModule from 'ajv/dist/vocabularies/validation/enum.js'

const { default: ajvConst } = constModule as unknown as { default: CodeKeywordDefinition }
const { default: ajvEnum } = enumModule as unknown as { default: CodeKeywordDefinition }

/**
 * Ajv compares objects by `constructor`, `valueOf` and `toString`, which here may be members of the value itself or, in an object
 * without a prototype, missing. These compare objects and lists by their members alone; scalars keep Ajv's own code.
 */
export const constKeyword: CodeKeywordDefinition = {
  ...ajvConst,
  code(cxt) {
    if (!isComposite(cxt.schema)) ajvConst.code(cxt)
    else cxt.fail(not(_`${cxt.gen.scopeValue('func', { ref: isEqual })}(${cxt.data}, ${cxt.schemaCode})`))
  },
}

export const enumKeyword: CodeKeywordDefinition = {
  ...ajvEnum,
  code(cxt) {
    if (!(cxt.schema as unknown[]).some(isComposite)) ajvEnum.code(cxt)
    else cxt.fail(not(_`${cxt.gen.scopeValue('func', { ref: isOneOf })}(${cxt.data}, ${cxt.schemaCode})`))
  },
}

function isOneOf(value: unknown, allowed: readonly unknown[]): boolean {
  return isComposite(value) ? allowed.some((one) => isEqual(value, one)) : allowed.includes(value)
}

/** JSON Schema 2020-12 Core section 4.2.2; it goes no deeper than the shallower of the two. */
function isEqual(a: unknown, b: unknown): boolean {
  if (!isComposite(a) || !isComposite(b)) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
}

function isComposite(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
