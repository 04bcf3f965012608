import type { Rule, RuleObject } from './rule.ts'

/** `exclusiveMinimum: true` sharpens `minimum` (OpenAPI 3.0, JSON Schema draft 4). */
export function readBooleanLimits(source: Record<string, unknown>, rule: RuleObject): void {
  for (const [limit, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (source[exclusive] !== true || typeof source[limit] !== 'number') continue
    rule[exclusive] = source[limit]
    delete rule[limit]
  }
}

/**
 * OpenAPI 3.0 section 4.7.24: null is added to `type`; `enum` still decides (it must list null, says the 3.0.3 clarification).
 * Without a type the keyword would mean nothing there; its only possible intent is that null passes the composition.
 */
export function nullable(rule: RuleObject, source: Record<string, unknown>): Rule {
  if (source.type !== undefined) {
    if (typeof rule.type === 'string') rule.type = [rule.type, 'null']
    if (rule.allOf === undefined && rule.anyOf === undefined && rule.oneOf === undefined) return rule
  } else if (rule.allOf === undefined && rule.anyOf === undefined && rule.oneOf === undefined) return rule
  if (rule.enum !== undefined) return rule
  const { title, default: fallback, ...rest } = rule
  const wrapped: RuleObject = {
    anyOf: [rest, { type: 'null' }],
    ...(title !== undefined && { title }),
    ...(fallback !== undefined && { default: fallback }),
  }
  if (rule.examples) Object.defineProperty(wrapped, 'examples', { value: rule.examples, enumerable: false })
  return wrapped
}
