/**
 * What must check and what must not, for the handlers of `golden/parts`. Nothing here runs: the compiler is the test, and a line that is
 * marked as an error but is none fails it.
 */
import type { HandlerContext, HandlerRequest, Reply } from '../../src/index.ts'
import type { Handler, Shape, Thing } from './golden/parts/gatefold.ts'

const thing: Thing = { id: '1', name: 'lamp' }

/** True when two types are the same, not merely assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._: Same<A, B> extends true ? [] : ['these types differ']): void {}

type Request<Id extends Parameters<typeof named>[0]> = Parameters<Handler<Id>>[0]
type Context<Id extends Parameters<typeof named>[0]> = Parameters<Handler<Id>>[1]
declare function named(id: keyof import('./golden/parts/gatefold.ts').Operations): void

// A request: what has a default is there, what is optional may not be.
same<Request<'listThings'>['query']['limit'], number>()
same<Request<'listThings'>['query']['tags'], ('red' | "it's")[]>()
same<Request<'listThings'>['query']['filter'], { from?: string } | undefined>()
same<Request<'listThings'>['headers']['X-Trace-Depth'], number>()
same<Request<'listThings'>['headers']['user-agent'], string | undefined>()
same<Request<'listThings'>['cookies']['session'], string | undefined>()
same<Request<'listThings'>['body'], undefined>()
same<Request<'delete-part'>['params'], { thing_id: string; part: string }>()
same<Request<'delete-part'>['body'], { reason?: string | null } | undefined>()
same<Context<'draw'>['progress'], (fraction: number, message?: string, data?: { rows: number }) => void>()

// Who calls: unknown only where nobody has to say so.
same<Context<'listThings'>['principal'] & undefined, undefined>()
same<Context<'delete-part'>['principal'] & undefined, undefined>()
same<Context<'createThing'>['principal'] & undefined, never>()

export const listThings: Handler<'listThings'> = ({ query, params }, { reply, principal }) => {
  // @ts-expect-error: the operation has no such parameter
  query.page
  // @ts-expect-error: nor any in its path
  params.id
  // @ts-expect-error: anybody may call
  principal.subject
  if (principal?.roles.includes('editor') === true) return 'id,name\n'
  return reply(200, [thing], { link: '<…>; rel="next"' })
}

export const statuses: Handler<'listThings'> = (_request, { reply, problem }) => {
  // @ts-expect-error: the status has a header that is required
  reply(200, [thing])
  // @ts-expect-error: a body that another status has
  reply(404, [thing])
  // @ts-expect-error: no status of an answer
  reply(600)
  reply(302)
  reply(404, { code: 'gone' }, { 'x-reason': 'none' })
  return problem('out_of_things', { status: 503 })
}

// The body's type follows from its media type, and an async handler's literals stay literals.
export const createThing: Handler<'createThing'> = async ({ contentType, body }, { reply }) => {
  if (contentType === 'application/json') return { id: 'new', name: body.name + body.secret, kind: body.kind }
  if (contentType === 'text/plain') return reply(201, { id: 'new', name: body.trim(), kind: 'lamp' })
  if (contentType === 'application/x-www-form-urlencoded') {
    // @ts-expect-error: what is read only is not received
    body.id
    return { id: 'new', name: body.name }
  }
  if (body.length === 0) return reply(204)
  // @ts-expect-error: nothing stands behind 201
  return reply(201)
}

// @ts-expect-error: `kind` has other values
export const wrongLiteral: Handler<'createThing'> = async () => ({ id: '1', name: 'x', kind: 'chair' })

// @ts-expect-error: `name` is missing
export const missing: Handler<'createThing'> = () => ({ id: '1' })

// @ts-expect-error: there is no such operation
export type Nobody = Handler<'nobody'>

export const deletePart: Handler<'delete-part'> = async ({ params }) => {
  if (params.part === '') return
}

export const upload: Handler<'upload'> = async ({ body }) => {
  const bytes = body.file.size + (body.more ?? []).reduce((sum, { size }) => sum + size, 0)
  body.title.padStart(bytes)
}

export const draw: Handler<'draw', ['database']> = async ({ body }, context) => {
  context.progress(0.5, 'half', { rows: body.length })
  // @ts-expect-error: the document describes other data
  context.progress(0.5, 'half', { lines: 1 })
  await context.services.database.query('select 1')
  // @ts-expect-error: the module does not say that it uses it
  context.services.tasks
  return { kind: 'circle', radius: 1 }
}

export const discriminated = (shape: Shape) => (shape.kind === 'circle' ? shape.radius : shape.corners.length)

// What works for all handlers takes those of one operation too.
declare function log(request: HandlerRequest, context: HandlerContext): Reply
export const generic: Handler<'upload'> = (request, context) => log(request, context)
export const satisfied = ((_request, { reply }) => reply(200)) satisfies Handler<'upload'>
