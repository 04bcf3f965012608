import { onDemand } from '../on-demand.ts'

/** Retries and breakers. */
export const cockatiel = onDemand<typeof import('cockatiel')>('cockatiel')
