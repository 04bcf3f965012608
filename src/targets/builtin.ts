import { handler } from './handler.ts'
import { mock } from './mock.ts'
import type { Target } from './target.ts'
import { task } from './task.ts'
import { upstream } from './upstream.ts'

/** What may answer an operation; `handler` is what answers when nothing else is declared. */
export const targets: readonly Target[] = [handler, task, upstream, mock] as readonly Target[]
