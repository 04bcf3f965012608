import Type, { type Static } from 'typebox'
import { problem } from '../errors.ts'
import { definePolicy, type Step } from './policy.ts'

const names = (title: string, description: string) =>
  Type.Array(Type.String({ minLength: 1 }), {
    title,
    description,
    minItems: 1,
    uniqueItems: true,
    examples: [['editor', 'admin']],
  })

const Roles = Type.Union(
  [
    names('Any of', 'Callers with at least one of these roles are admitted.'),
    Type.Object(
      {
        any: Type.Optional(names('Any of', 'At least one of these.')),
        all: Type.Optional(names('All of', 'Every one of these.')),
      },
      { additionalProperties: false, minProperties: 1, title: 'Any and all', description: 'Both conditions hold.' },
    ),
  ],
  {
    title: 'Roles',
    description: 'The roles that callers must have: a list (one is enough), or { any, all }. Others get 403.',
    examples: [['admin'], { all: ['staff', 'billing'] }],
  },
)

/** `roles: [admin, editor]`: whoever is known but has none of these roles gets 403. Who is unknown was refused with 401 before. */
export const roles = definePolicy({
  name: 'roles',
  schema: Roles,
  refuses: (_config, { access }) => (access.kind === 'public' ? [] : ['forbidden']),
  compile(config, operation, tools) {
    if (operation.access.kind === 'restricted') return { before: checkRoles(config) }
    const setting = operation.settings.get('roles')
    // Roles of `defaults` are meant for the operations that know their callers.
    if (setting === undefined || ![...setting.origins.values()].some(({ layer }) => layer === 'operation')) return undefined
    tools.diagnostics.error(
      'roles-without-caller',
      setting.node ?? operation.node,
      `operation '${operation.id}' is public, so no caller has a role`,
      `remove 'roles', or give the operation OpenAPI 'security'`,
    )
    return undefined
  },
})

/** One small function for what was declared. A caller without a principal (optional `security`) has no roles. */
function checkRoles(config: Static<typeof Roles>): Step {
  const { any, all = [] } = Array.isArray(config) ? { any: config } : config
  const refusal = problem('forbidden', { detail: 'The caller does not have the role that this needs.' })
  return function requireRoles(context) {
    const held = context.principal?.roles
    if (held === undefined) return refusal
    if (any !== undefined && !any.some((role) => held.includes(role))) return refusal
    return all.every((role) => held.includes(role)) ? undefined : refusal
  }
}
