import type { RuleObject } from './rule.ts'

const allTypes = ['object', 'array', 'string', 'integer', 'number', 'boolean', 'null']
const typeHints: readonly [type: string, keywords: readonly string[]][] = [
  [
    'object',
    [
      'properties',
      'additionalProperties',
      'required',
      'patternProperties',
      'minProperties',
      'propertyNames',
      'dependentRequired',
    ],
  ],
  ['array', ['items', 'prefixItems', 'contains', 'minItems', 'uniqueItems']],
  ['string', ['pattern', 'format', 'minLength', 'maxLength']],
  ['integer', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
]

/** The types to try: the declared ones, null last; without any, what the keywords suggest first. */
export function typesOf(rule: RuleObject): readonly string[] {
  if (rule.type !== undefined) {
    const types = ([] as string[]).concat(rule.type as string)
    return [...types.filter((type) => type !== 'null'), ...types.filter((type) => type === 'null')]
  }
  const hinted = typeHints.filter(([, keywords]) => keywords.some((keyword) => rule[keyword] !== undefined)).map(([type]) => type)
  return [...new Set([...hinted, 'string', ...allTypes])]
}
