export { Type } from 'typebox'
export { hashPassword, verifyPassword } from './authentication/passwords.ts'
export type { Clock } from './clock.ts'
export { type Handler, type HandlerContext, type HandlerRequest, type Principal, Reply, type RequestContext } from './context.ts'
export { BootError, type Diagnostic } from './documents/diagnostics.ts'
export { applicationProblem as problem, Problem, type ProblemCode, type ProblemOptions, type ValidationError } from './errors.ts'
export { type Gateway, type GatewayOptions, type Plan, planGateway, startGateway } from './gateway.ts'
export type { GatewayState, Reload } from './generations.ts'
export type { UploadedFile } from './messages/uploaded-file.ts'
export type { Operation } from './model/operation.ts'
export type {
  BodyBytes,
  Bytes,
  OperationContext,
  OperationHandler,
  OperationRequest,
  OperationResult,
  OperationsTypes,
  OperationTypes,
} from './operation-handler.ts'
export type { ConfigOverlay, Overrides } from './overrides.ts'
export { definePolicy, type Middleware, type Policy } from './policies/policy.ts'
export { fromKoa } from './serve/koa.ts'
export type { Database, Queryable, QueryOptions, QueryResult } from './services/database.ts'
export type { Keys } from './services/keys.ts'
export type { Services } from './services/service.ts'
export { defineTarget, type Target } from './targets/target.ts'
