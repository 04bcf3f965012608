import type { CodeKeywordDefinition } from 'ajv'
import { _ } from 'ajv/dist/compile/codegen/index.js'
import counting from 'ajv/dist/runtime/ucs2length.js'

const countCharacters = counting.default

/**
 * `minLength` and `maxLength` (JSON Schema Validation sections 6.3.1 and 6.3.2). They speak of characters, each of which is one or two
 * of the units that a text's `length` counts; so most texts are judged without looking at each character, as Ajv would.
 */
export const textLengths = [lengthKeyword('minLength', isShorter), lengthKeyword('maxLength', isLonger)]

/** Whether a text has fewer characters than `limit`. */
export function isShorter(text: string, limit: number): boolean {
  return text.length < 2 * limit && (text.length < limit || countCharacters(text) < limit)
}

/** Whether a text has more characters than `limit`. */
export function isLonger(text: string, limit: number): boolean {
  return text.length > limit && (text.length > 2 * limit || countCharacters(text) > limit)
}

function lengthKeyword(keyword: string, fails: (text: string, limit: number) => boolean): CodeKeywordDefinition {
  return {
    keyword,
    type: 'string',
    schemaType: 'number',
    error: { message: '', params: ({ schemaCode }) => _`{limit: ${schemaCode}}` },
    code(cxt) {
      const judge = cxt.gen.scopeValue('func', { ref: fails })
      cxt.fail(_`${judge}(${cxt.data}, ${cxt.schemaCode})`)
    },
  }
}
