import { fit, type MediaRange, parseMediaType, splitOutsideQuotes } from './media-type.ts'

/** Something declared for a media range. */
export interface Declared {
  readonly media: MediaRange
}

/** How many distinct spellings of one header field are remembered per operation. */
const remembered = 64
/** Longer ones are no spelling that comes again, and would only hold memory. */
const longest = 256

/** The declared entry that fits a `Content-Type` closest; the first of equals. */
export function closest<Entry extends Declared>(actual: MediaRange, declared: readonly Entry[]): Entry | undefined {
  let best: Entry | undefined
  let bestFit = 0
  for (const entry of declared) {
    const score = fit(entry.media, actual)
    if (score > bestFit) {
      best = entry
      bestFit = score
    }
  }
  return best
}

/** Remembers the answers for the spellings that were met last. */
export function memoize<Answer>(answer: (text: string) => Answer): (text: string) => Answer {
  const known = new Map<string, Answer>()
  return function remember(text) {
    const hit = known.get(text)
    if (hit !== undefined) return hit
    const value = answer(text)
    if (known.size === remembered) known.delete(known.keys().next().value as string)
    if (text.length <= longest) known.set(text, value)
    return value
  }
}

/**
 * Chooses by `Accept` (RFC 9110 section 12.5.1) among the media types that can be produced: the greatest q of the most specific
 * range that covers it, document order between equals. Undefined when none is acceptable. A field that cannot be parsed accepts everything.
 */
export function negotiate(accept: string, produced: readonly MediaRange[]): MediaRange | undefined {
  const ranges = splitOutsideQuotes(accept, ',').flatMap((part) => parseMediaType(part) ?? [])
  if (ranges.length === 0) return produced[0]
  let best: MediaRange | undefined
  let bestQuality = 0
  for (const media of produced) {
    const quality = qualityOf(media, ranges)
    if (quality > bestQuality) {
      best = media
      bestQuality = quality
    }
  }
  return best
}

function qualityOf(media: MediaRange, ranges: readonly MediaRange[]): number {
  let quality = 0
  let specificity = 0
  for (const range of ranges) {
    const score = acceptance(range, media)
    if (score <= specificity) continue
    specificity = score
    quality = weight(range)
  }
  return quality
}

/** A declared range (`image/*`) is acceptable when some type in it is; suffixes do not widen what a client accepts. */
function acceptance(range: MediaRange, produced: MediaRange): number {
  if (produced.subtype === '*' && (produced.type === '*' || produced.type === range.type)) return 5
  const score = fit(range, produced)
  return score === 40 || score === 50 ? 0 : score
}

function weight(range: MediaRange): number {
  const q = range.parameters.get('q')
  if (q === undefined) return 1
  const value = Number(q)
  return value >= 0 && value <= 1 ? value : 1
}
