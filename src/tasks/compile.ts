import type { Context } from 'koa'
import type { CompileTools } from '../compile/tools.ts'
import type { Principal } from '../context.ts'
import { Problem } from '../errors.ts'
import type { Operation, SecurityRequirement } from '../model/operation.ts'
import type { AddComponent } from '../serve/components.ts'
import type { DocumentFragment } from '../serve/served-document.ts'
import type { Mount } from '../serve/system-routes.ts'
import type { Authenticate } from '../services/authenticator.ts'
import { checkDeadLetters } from './checks.ts'
import { taskDocument } from './openapi.ts'
import { type Identify, taskRoutes } from './routes.ts'

export interface CompiledTasks {
  mount: Mount
  /** Full path of the task routes. */
  path: string
  /** Who may ask for tasks. */
  security: readonly SecurityRequirement[]
  fragment: (add: AddComponent) => DocumentFragment
}

/** The routes of tasks and their part of the served document; undefined when no operation is a task. Called when all are compiled. */
export function compileTasks(operations: readonly Operation[], tools: CompileTools): CompiledTasks | undefined {
  const { tasks, authenticator } = tools.services
  const asTasks = operations.filter(({ target }) => target === 'task')
  if (tasks === undefined || asTasks.length === 0) return undefined
  checkDeadLetters(asTasks, tasks.definitions, tools.diagnostics)
  const alternatives = taskSecurity(asTasks)
  const path = tools.basePath + tools.config.tasks.path
  tasks.served = { path, security: alternatives }
  const identify = identifyBy(authenticator.compile([...alternatives, []]))
  const require = identifyBy(authenticator.compile(alternatives))
  return {
    path,
    security: alternatives,
    mount: taskRoutes({ path, tasks, identify, require }),
    fragment: taskDocument(tools.config.tasks.path, asTasks, alternatives),
  }
}

/**
 * Who may ask for tasks: whoever could have started one, so every alternative of every task operation, without its scopes (they are
 * about starting).
 */
export function taskSecurity(operations: readonly Operation[]): SecurityRequirement[] {
  const found = new Map<string, SecurityRequirement>()
  for (const { access } of operations) {
    if (access.kind === 'public') continue
    for (const alternative of access.alternatives) {
      const schemes = [...new Set(alternative.map(({ scheme }) => scheme))]
      if (schemes.length > 0)
        found.set(
          schemes.toSorted().join(' '),
          schemes.map((scheme) => ({ scheme, scopes: [] })),
        )
    }
  }
  return [...found.values()]
}

function identifyBy(authenticate: Authenticate): Identify {
  return async function identify(ctx: Context): Promise<Principal | undefined> {
    const decision = await authenticate({ rawHeaders: ctx.req.rawHeaders, search: ctx.querystring })
    if (decision instanceof Problem) throw decision
    return decision
  }
}
