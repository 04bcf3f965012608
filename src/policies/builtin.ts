import { authenticate } from './authenticate.ts'
import { cors } from './cors.ts'
import type { Policy } from './policy.ts'
import { rateLimitAfterAuthentication, rateLimitBeforeAuthentication } from './rate-limit.ts'
import { roles } from './roles.ts'
import { securityHeaders } from './security-headers.ts'
import { timeout } from './timeout.ts'
import { validate } from './validate.ts'

/** The built-in policies in the order in which requests meet them. */
export const policies: readonly Policy[] = [
  securityHeaders,
  cors,
  rateLimitBeforeAuthentication,
  authenticate,
  roles,
  rateLimitAfterAuthentication,
  validate,
  timeout,
] as readonly Policy[]
