import type { Change } from './myers.ts'

interface Line {
  mark: ' ' | '-' | '+'
  text: string
  /** How many lines of each side come before it. */
  a: number
  b: number
}

const marks = { equal: ' ', removed: '-', added: '+' } as const

/** Changes of lines in the unified format of diff(1) and git, without file names; empty when there are none. */
export function unified(changes: readonly Change[], a: readonly string[], b: readonly string[], context: number): string {
  const lines = changes.flatMap((change) => linesOf(change, a, b))
  return hunks(lines, context)
    .map(([from, to]) => hunkText(lines.slice(from, to)))
    .join('')
}

function linesOf({ kind, a, b, length }: Change, from: readonly string[], to: readonly string[]): Line[] {
  return Array.from({ length }, (_, index) => ({
    mark: marks[kind],
    text: kind === 'added' ? to[b + index]! : from[a + index]!,
    a: kind === 'added' ? a : a + index,
    b: kind === 'removed' ? b : b + index,
  }))
}

/** The ranges of lines around changes; ranges that touch are one. */
function hunks(lines: readonly Line[], context: number): [from: number, to: number][] {
  const found: [number, number][] = []
  lines.forEach(({ mark }, index) => {
    if (mark === ' ') return
    const [from, to] = [Math.max(0, index - context), Math.min(lines.length, index + context + 1)]
    const last = found.at(-1)
    if (last !== undefined && from <= last[1]) last[1] = to
    else found.push([from, to])
  })
  return found
}

function hunkText(lines: readonly Line[]): string {
  const [first] = lines
  const range = (side: 'a' | 'b', absent: Line['mark']) => {
    const count = lines.filter(({ mark }) => mark !== absent).length
    // A side without lines is named by the line before it.
    const start = first![side] + (count === 0 ? 0 : 1)
    return count === 1 ? `${start}` : `${start},${count}`
  }
  const body = lines.map(({ mark, text }) => `${mark}${text}\n`).join('')
  return `@@ -${range('a', '+')} +${range('b', '-')} @@\n${body}`
}
