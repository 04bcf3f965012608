/** The variables of a path template, in its order, as they stand between the braces. */
export function variablesOf(template: string): string[] {
  if (!template.includes('{')) return []
  return Array.from(template.matchAll(/\{([^{}]+)\}/g), (match) => match[1] as string)
}

/**
 * The declared path parameter that a template's variable stands for: the one of exactly that name (OpenAPI 3.1 section 4.8.12),
 * else, for templates that are written as URI templates (`{.id}`, `{;id*}`, RFC 6570), the one that remains without the operators.
 */
export function parameterOf(variable: string, declared: readonly string[]): string | undefined {
  if (declared.includes(variable)) return variable
  const plain = variable.replace(/^[.;]/, '').replace(/\*$/, '')
  return declared.includes(plain) ? plain : undefined
}
