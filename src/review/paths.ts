import { createRouter } from '../compile/router.ts'
import { child, isObject } from '../documents/document.ts'
import type { Operation } from '../model/operation.ts'
import { ambiguousPaths } from './ambiguous-paths.ts'
import { gatewayRoutes } from './gateway-routes.ts'
import type { Reviewed, Rule } from './review.ts'

/** Templates that take requests from each other, are never reached, or take those of the gateway's own routes. */
export const reviewPaths: Rule = (reviewed) => {
  const { operations, diagnostics } = reviewed
  const router = createRouter<Operation>()
  for (const operation of operations) router.add(operation.method, operation.path, operation)
  const firsts = router.routes.map(({ methods }) => [...methods.values()][0] as Operation)

  for (const { winner, loser, example } of ambiguousPaths(firsts, (path) => router.match(path)?.route.template)) {
    const message = `${loser.path} and ${winner.path} both fit ${example}; there only ${winner.path} is asked, whatever the method`
    diagnostics.warning('ambiguous-path', keyOf(loser), message, 'Let the two differ in a literal segment at one place.')
  }
  reportShadowed(operations, (path) => router.match(path)?.route.template, diagnostics)
  reportGatewayRoutes(reviewed, (path) => router.match(path)?.route)
}

type TemplateAt = (path: string) => string | undefined

/** A variable whose few values all stand in literal paths beside its template. */
function reportShadowed(operations: readonly Operation[], templateAt: TemplateAt, diagnostics: Reviewed['diagnostics']): void {
  for (const operation of operations) {
    const values = onlyValues(operation)
    if (values === undefined || values.length === 0) continue
    const taken = values.every((value) => templateAt(operation.path.replace(/\{[^{}]*\}/, () => value)) !== operation.path)
    if (!taken) continue
    const message = `${operation.path} is never reached: all values of its variable stand in literal paths, which win`
    diagnostics.warning('shadowed-path', keyOf(operation), message, 'Remove it, or one of the literal paths.')
  }
}

/** The values of a template's only variable, when its schema lists them. */
function onlyValues({ path, parameters }: Operation): string[] | undefined {
  const variables = path.match(/\{[^{}]*\}/g) ?? []
  const parameter = parameters.find((candidate) => candidate.in === 'path' && variables[0] === `{${candidate.name}}`)
  const list = parameter?.schema && isObject(parameter.schema.value) ? child(parameter.schema, 'enum')?.value : undefined
  return variables.length === 1 && Array.isArray(list) ? list.map(String) : undefined
}

function reportGatewayRoutes(
  reviewed: Reviewed,
  routeAt: (path: string) => { template: string; methods: Map<string, Operation> } | undefined,
): void {
  for (const { path, what, setting, replaceable } of gatewayRoutes(reviewed)) {
    const route = routeAt(path)
    const operation = route && ([...route.methods.values()][0] as Operation)
    // Answering there oneself, by that very path, is a decision; taking it by a variable is not.
    if (route === undefined || operation === undefined || (replaceable && route.template === path)) continue
    const message = `${operation.path} also fits ${path}, where ${what} would be; the operation '${operation.id}' is asked there`
    const hint = setting === undefined ? 'Choose another path.' : `Choose another path, here or by ${setting} in gateway.yaml.`
    reviewed.diagnostics.warning('shadowed-route', keyOf(operation), message, hint)
  }
}

/** The path's key in its document. */
function keyOf({ node }: Operation) {
  const pathItem = /^\/paths\/[^/]+/.exec(node.pointer)?.[0]
  return pathItem === undefined ? node.document.locate(node.pointer) : node.document.locate(pathItem, 'key')
}
