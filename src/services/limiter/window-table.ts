import type { Hits } from '../limiter.ts'
import { createKeyedHash } from './keyed-hash.ts'

/** The fixed windows of many keys. */
export interface WindowTable {
  /** How many keys are held, those whose windows are over and not yet let go included. */
  readonly size: number
  /** Counts so many requests for a key; its window opens with the first. `time` is now, in milliseconds. */
  count(key: string, requests: number, time: number): Hits
  /** Lets go of some keys, of those whose windows end first. */
  forget(): void
}

/** A part of the table, by the lowest `depth` bits of the upper half of its keys' hashes. */
interface Segment {
  readonly depth: number
  /** For each slot the hash of a key, when its window ends, and the requests in it. A free slot has no end. */
  slots: Float64Array
  used: number
}

const fields = 3
/** A segment has from so many slots to so many, always a power of two: the time to make room in one is that of a few requests. */
const fewest = 16
const most = 4096
/** How many new keys pass between two calls of `grown`. */
const stride = 1000

/**
 * Numbers in flat arrays, without an object or a text for each key: a Map of a million keys takes five times the time and three times the
 * memory. Keys are told apart by their hashes alone; that two of a million meet, and share a count, has odds of one in 18,000.
 *
 * Segments are reached by extendible hashing (Fagin et al., 1979): one that is full is made anew without what is over, with twice the
 * slots, or as two; the others stay as they are. `grown` is called as keys are added.
 */
export function createWindowTable(window: number, grown: () => void): WindowTable {
  const hash = createKeyedHash()
  let segments: Segment[] = [emptySegment(0, fewest)]
  let size = 0
  let untold = 0
  let next = 0
  let nextAt = 0

  /** A clock that was set back by more than a window must not keep any open for longer. */
  function isOpen(resetAt: number, time: number): boolean {
    return time < resetAt && resetAt - time <= 2 * window
  }

  function openIn({ slots }: Segment, time: number): number {
    let count = 0
    for (let at = 1; at < slots.length; at += fields) if (isOpen(slots[at] as number, time)) count++
    return count
  }

  function segmentOf(id: number): Segment {
    return segments[upper(id) & (segments.length - 1)] as Segment
  }

  function open(id: number, at: number, requests: number, time: number): Hits {
    let segment = segmentOf(id)
    let offset = at
    if (segment.slots[offset + 1] === 0) {
      if (segment.used >= capacityOf(segment) * 0.75) {
        resize(segment, time)
        segment = segmentOf(id)
        offset = find(segment.slots, id)
      }
      segment.used++
      size++
      untold++
    }
    const { slots } = segment
    slots[offset] = id
    slots[offset + 1] = time + window
    slots[offset + 2] = requests
    if (untold === stride) {
      untold = 0
      grown()
    }
    return { count: requests, resetAt: time + window }
  }

  /** Keeps what is open, in as many slots as it needs. */
  function resize(segment: Segment, time: number): void {
    const keep = (resetAt: number) => isOpen(resetAt, time)
    const slots = slotsFor(openIn(segment, time))
    if (slots > most) split(segment, keep)
    else rebuild(segment, slots, keep)
  }

  function rebuild(segment: Segment, slots: number, keep: (resetAt: number) => boolean): void {
    const rebuilt = emptySegment(segment.depth, slots)
    move(segment, () => rebuilt, keep)
    size += rebuilt.used - segment.used
    segment.slots = rebuilt.slots
    segment.used = rebuilt.used
  }

  function split(segment: Segment, keep: (resetAt: number) => boolean): void {
    const { depth } = segment
    if (segments.length === 1 << depth) segments = [...segments, ...segments]
    const halves = [emptySegment(depth + 1, most), emptySegment(depth + 1, most)] as const
    const half = (bits: number) => halves[((bits >>> depth) & 1) as 0 | 1]
    move(segment, (id) => half(upper(id)), keep)
    size += halves[0].used + halves[1].used - segment.used
    segments = segments.map((one, index) => (one === segment ? half(index) : one))
  }

  /** Every segment is looked at once in a window's length, so that what a flood has left behind does not stay. */
  function tidy(time: number): void {
    const segment = segments[next++ & (segments.length - 1)] as Segment
    nextAt = time + window / segments.length
    if (slotsFor(openIn(segment, time)) < capacityOf(segment)) resize(segment, time)
  }

  return {
    get size() {
      return size
    },
    count(key, requests, time) {
      if (time >= nextAt) tidy(time)
      const id = hash(key)
      const { slots } = segmentOf(id)
      const at = find(slots, id)
      const resetAt = slots[at + 1] as number
      if (!isOpen(resetAt, time)) return open(id, at, requests, time)
      return { count: ((slots[at + 2] as number) += requests), resetAt }
    },
    forget() {
      let segment: Segment
      do segment = segments[next++ & (segments.length - 1)] as Segment
      while (segment.used === 0 && size > 0)
      const sorted = ends(segment).sort()
      const middle = sorted[sorted.length >> 1] ?? 0
      rebuild(segment, capacityOf(segment), (resetAt) => resetAt > middle)
    },
  }
}

function emptySegment(depth: number, slots: number): Segment {
  return { depth, slots: new Float64Array(slots * fields), used: 0 }
}

const capacityOf = ({ slots }: Segment) => slots.length / fields

/** Room for half as many again, before a segment is three quarters full. */
function slotsFor(keys: number): number {
  let slots = fewest
  while (slots < keys * 2) slots *= 2
  return slots
}

const upper = (id: number) => (id / 2 ** 32) | 0

/** Where a key is, or the free slot where it would be. */
function find(slots: Float64Array, id: number): number {
  const mask = slots.length / fields - 1
  let slot = (id >>> 0) & mask
  while (slots[slot * fields] !== id && slots[slot * fields + 1] !== 0) slot = (slot + 1) & mask
  return slot * fields
}

/** When the windows in a segment end. */
function ends({ slots, used }: Segment): Float64Array {
  const found = new Float64Array(used)
  let count = 0
  for (let at = 1; at < slots.length; at += fields) if (slots[at] !== 0) found[count++] = slots[at] as number
  return found
}

function move({ slots }: Segment, target: (id: number) => Segment, keep: (resetAt: number) => boolean): void {
  for (let at = 0; at < slots.length; at += fields) {
    const resetAt = slots[at + 1] as number
    if (resetAt === 0 || !keep(resetAt)) continue
    const id = slots[at] as number
    const to = target(id)
    const place = find(to.slots, id)
    for (let field = 0; field < fields; field++) to.slots[place + field] = slots[at + field] as number
    to.used++
  }
}
