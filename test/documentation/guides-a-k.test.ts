/** Follows README and the first half of the guides; or one: `node test/documentation/guides-a-k.test.ts docs/tasks.md`. */
import { guides } from './blocks.ts'
import { follow } from './follow.ts'

follow(guides.filter((guide) => guide < 'docs/l'))
