import { reviewDescriptions } from './descriptions.ts'
import { reviewExamples } from './examples.ts'
import { reviewMediaTypes } from './media-types.ts'
import { reviewPaths } from './paths.ts'
import { reviewResponses } from './responses.ts'
import type { Rule } from './review.ts'
import { reviewSchemas } from './schemas.ts'
import { reviewServers } from './servers.ts'
import { reviewUnusedComponents } from './unused-components.ts'
import { reviewUnusedSchemes } from './unused-schemes.ts'
import { reviewUnusedSettings } from './unused-settings.ts'

/** Rules that can be applied to whatever could be read. */
export const advice: readonly Rule[] = [
  reviewDescriptions,
  reviewServers,
  reviewPaths,
  reviewResponses,
  reviewMediaTypes,
  reviewSchemas,
  reviewExamples,
]

/** Rules that conclude something from what is not there. */
export const adviceOnWholes: readonly Rule[] = [reviewUnusedComponents, reviewUnusedSchemes, reviewUnusedSettings]
