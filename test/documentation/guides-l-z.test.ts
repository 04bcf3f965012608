/** Follows the second half of the guides; or one: `node test/documentation/guides-l-z.test.ts docs/tasks.md`. */
import { guides } from './blocks.ts'
import { follow } from './follow.ts'

follow(guides.filter((guide) => guide >= 'docs/l'))
