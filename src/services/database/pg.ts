import { onDemand } from '../../on-demand.ts'

/** node-postgres. */
export const pg = onDemand<typeof import('pg')>('pg')
