import type { ErrorObject } from 'ajv'

/**
 * Picks the errors that say something out of those that Ajv gives for `anyOf` and `oneOf`: one for each alternative that did not
 * fit. When the value looks like one of the alternatives, that one's own errors stay; else only the error that lists them all.
 */
export function chooseErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf')
  const outer = unions.filter((union) => !unions.some((other) => other !== union && isInside(union, other)))
  const outside = errors.filter((error) => !outer.some((union) => union === error || isInside(error, union)))
  return [
    ...outside,
    ...outer.flatMap((union) =>
      choose(
        union,
        errors.filter((error) => error !== union && isInside(error, union)),
      ),
    ),
  ]
}

function isInside(error: ErrorObject, union: ErrorObject): boolean {
  return (
    isBelow(error.schemaPath, union.schemaPath) &&
    (error.instancePath === union.instancePath || isBelow(error.instancePath, union.instancePath))
  )
}

function isBelow(path: string, parent: string): boolean {
  return path.startsWith(`${parent}/`)
}

function choose(union: ErrorObject, inner: readonly ErrorObject[]): ErrorObject[] {
  const branches = new Map<string, ErrorObject[]>()
  for (const error of inner) {
    const index = error.schemaPath.slice(union.schemaPath.length + 1).split('/', 1)[0] as string
    branches.set(index, [...(branches.get(index) ?? []), error])
  }
  const alike = [...branches.values()].filter((branch) => !branch.some((error) => isOtherKind(error, union)))
  // An alternative that only asks for a key says nothing on its own: the union names all such keys.
  if (alike.length === 0 || alike.some(asksOnlyForKeys)) return [union]
  const [best] = alike.sort((a, b) => a.length - b.length || depth(b) - depth(a)) as [ErrorObject[]]
  return chooseErrors(best)
}

/** The value is of another type or is another constant than this alternative wants. */
function isOtherKind(error: ErrorObject, union: ErrorObject): boolean {
  return error.instancePath === union.instancePath && ['type', 'const', 'enum', 'pattern'].includes(error.keyword)
}

function asksOnlyForKeys(branch: readonly ErrorObject[]): boolean {
  return branch.every((error) => error.keyword === 'required' && Object.keys(error.parentSchema ?? {}).join() === 'required')
}

function depth(branch: readonly ErrorObject[]): number {
  return Math.max(...branch.map((error) => error.instancePath.length))
}
