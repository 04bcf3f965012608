import { AgentFailure, pause, type Run } from '../agent.ts'

/** A run of equal, removed or added elements; `a` and `b` are where it starts in the two sequences. */
export interface Change {
  kind: 'equal' | 'removed' | 'added'
  a: number
  b: number
  length: number
}

/** Time and memory grow with the square of it. */
const mostEdits = 3_000
const roundsAtOnce = 64

/**
 * The shortest way from `a` to `b` by removing and adding elements (Myers, 1986, the greedy algorithm): for each number of edits, how far
 * each diagonal gets; then the way back. Throws `AgentFailure` beyond 3,000 edits.
 */
export async function diff(a: readonly string[], b: readonly string[], run: Run): Promise<Change[]> {
  const prefix = commonPrefix(a, b)
  const suffix = commonSuffix(a, b, prefix)
  const rounds = await searchRounds(a.slice(prefix, a.length - suffix), b.slice(prefix, b.length - suffix), run)
  const changes: Change[] = []
  push(changes, 'equal', 0, 0, prefix)
  for (const change of wayBack(rounds, a.length - prefix - suffix, b.length - prefix - suffix)) {
    push(changes, change.kind, change.a + prefix, change.b + prefix, change.length)
  }
  push(changes, 'equal', a.length - suffix, b.length - suffix, suffix)
  return changes
}

/** How far (in `a`) each diagonal got after each number of edits; diagonal k (a - b) of round d stands at index k + d. */
async function searchRounds(a: readonly string[], b: readonly string[], run: Run): Promise<Int32Array[]> {
  const rounds: Int32Array[] = []
  const most = Math.min(a.length + b.length, mostEdits)
  for (let edits = 0; edits <= most; edits++) {
    const before = rounds[edits - 1]
    const reached = new Int32Array(2 * edits + 1)
    rounds.push(reached)
    for (let k = -edits; k <= edits; k += 2) {
      let x = before === undefined ? 0 : step(before, edits, k)
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      reached[k + edits] = x
      if (x >= a.length && x - k >= b.length) return rounds
    }
    if (edits % roundsAtOnce === 0) {
      run.progress(edits / most, `${edits} differences so far`)
      await pause(run)
    }
  }
  throw new AgentFailure(`the texts differ in more than ${mostEdits} places; compare smaller parts`)
}

/** Where the edit number `edits` arrives on diagonal `k`: from above by adding, from the left by removing, whichever got further. */
function step(before: Int32Array, edits: number, k: number): number {
  return addsBetter(before, edits, k) ? before[k + edits]! : before[k + edits - 2]! + 1
}

/** True when the best way onto diagonal `k` adds an element of `b`; the round before is shorter by one diagonal on each side. */
function addsBetter(before: Int32Array, edits: number, k: number): boolean {
  return k === -edits || (k !== edits && before[k + edits - 2]! < before[k + edits]!)
}

function wayBack(rounds: readonly Int32Array[], aLength: number, bLength: number): Change[] {
  const changes: Change[] = []
  let [x, y] = [aLength, bLength]
  for (let edits = rounds.length - 1; edits > 0; edits--) {
    const before = rounds[edits - 1]!
    const adds = addsBetter(before, edits, x - y)
    const arrived = step(before, edits, x - y)
    const snake = x - arrived
    if (snake > 0) changes.push({ kind: 'equal', a: arrived, b: y - snake, length: snake })
    x = arrived
    y -= snake
    if (adds) changes.push({ kind: 'added', a: x, b: --y, length: 1 })
    else changes.push({ kind: 'removed', a: --x, b: y, length: 1 })
  }
  if (x > 0) changes.push({ kind: 'equal', a: 0, b: 0, length: x })
  return changes.reverse()
}

/** Adds a change; one that continues the last of its kind makes that one longer. */
function push(changes: Change[], kind: Change['kind'], a: number, b: number, length: number): void {
  const last = changes.at(-1)
  if (length === 0) return
  if (last?.kind === kind) last.length += length
  else changes.push({ kind, a, b, length })
}

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

function commonSuffix(a: readonly string[], b: readonly string[], prefix: number): number {
  const most = Math.min(a.length, b.length) - prefix
  let length = 0
  while (length < most && a[a.length - 1 - length] === b[b.length - 1 - length]) length++
  return length
}
