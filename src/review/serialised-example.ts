/**
 * What the text of a parameter's example may stand for: OpenAPI lets it be written as a value or as it is sent
 * (OpenAPI 3.0 section 4.7.12, "in the correct format as specified in the parameter encoding").
 */
export function serialised(example: unknown): unknown[] {
  if (typeof example !== 'string') return []
  const parts = example.replace(/^\?/, '').split(/[,|&]|%20| /)
  const named = parts.map((part) => part.slice(part.indexOf('=') + 1))
  const pairs = parts.map((part): [string, unknown] => [
    part.slice(0, part.indexOf('=')),
    scalar(part.slice(part.indexOf('=') + 1)),
  ])
  return [scalar(example), parts, parts.map(scalar), named, named.map(scalar), Object.fromEntries(pairs)]
}

function scalar(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
