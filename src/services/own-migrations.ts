import { taskMigrations } from '../tasks/migrations.ts'
import type { Migration } from './migrations.ts'

/** The steps of Gatefold's own schema, in order. Each part that keeps tables exports its list; it is spread here. */
export const ownMigrations: readonly Migration[] = [...taskMigrations]
