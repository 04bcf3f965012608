import { Type } from 'typebox'
import { type Agent, defineTask } from './agent.ts'
import { type Change, diff } from './diff/myers.ts'
import { unified } from './diff/unified.ts'

const before = Type.String({ maxLength: 1_000_000, description: 'The text as it was.' })
const after = Type.String({ maxLength: 1_000_000, description: 'The text as it is.' })

export const textDiffer: Agent = {
  name: 'text_differ',
  description: 'Compares two texts: the fewest lines or words that were removed and added.',
  tasks: {
    lines: defineTask({
      description: 'Compares line by line; the result has the unified format of diff and git.',
      parameters: Type.Object(
        {
          before,
          after,
          context: Type.Integer({ minimum: 0, maximum: 100, default: 3, description: 'Unchanged lines around each change.' }),
        },
        { additionalProperties: false },
      ),
      run: async ({ before, after, context }, run) => {
        const [a, b] = [linesOf(before), linesOf(after)]
        const changes = await diff(a, b, run)
        return { unified: unified(changes, a, b, context), ...measures(changes) }
      },
    }),
    words: defineTask({
      description: 'Compares word by word; spaces and punctuation count as words of their own.',
      parameters: Type.Object({ before, after }, { additionalProperties: false }),
      run: async ({ before, after }, run) => {
        const [a, b] = [wordsOf(before), wordsOf(after)]
        const changes = await diff(a, b, run)
        const text = ({ kind, a: from, b: to, length }: Change) =>
          (kind === 'added' ? b.slice(to, to + length) : a.slice(from, from + length)).join('')
        return { changes: changes.map((change) => ({ kind: change.kind, text: text(change) })), ...measures(changes) }
      },
    }),
  },
}

function linesOf(text: string): string[] {
  if (text === '') return []
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? []
}

function measures(changes: readonly Change[]) {
  const count = (kind: Change['kind']) => changes.reduce((sum, change) => sum + (change.kind === kind ? change.length : 0), 0)
  const [unchanged, removed, added] = [count('equal'), count('removed'), count('added')]
  const all = 2 * unchanged + removed + added
  return { unchanged, removed, added, similarity: all === 0 ? 1 : Math.round(((2 * unchanged) / all) * 1000) / 1000 }
}
