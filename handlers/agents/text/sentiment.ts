import type { Segments } from './segments.ts'

const words = (list: string) => list.split(/\s+/)

const positive = new Set(
  words(`amazing awesome beautiful beneficial best better brilliant calm charming cheerful clean clear comfortable confident delight delighted
  delightful eager easy effective efficient elegant enjoy enjoyed enjoys excellent exciting fantastic fast favourite favorite fine friendly fun
  generous gentle glad good gorgeous grateful great happy helpful honest hope hopeful impressive improved improvement incredible
  joy kind like liked likes love loved lovely loves nice outstanding perfect pleasant pleased polite positive powerful pretty proud recommend
  reliable satisfied safe smart smooth strong success successful superb terrific thank thanks thrilled useful valuable warm win wonderful
  worth`),
)

const negative = new Set(
  words(`abysmal afraid angry annoyed annoying anxious awful bad boring broke broken bug buggy cheap complain complaint complicated confused
  confusing crash crashed crashes cruel damage damaged dangerous dead difficult dirty disappointed disappointing disaster dislike disliked
  dreadful dull error errors expensive fail failed fails failure fear frustrated frustrating hate hated hates horrible hurt ill inferior loss
  lost mess miserable miss missing mistake negative noisy pain painful pathetic poor problem problems refuse regret rude sad scared slow sorry
  stupid terrible tired trouble ugly unfair unhappy unreliable unusable useless waste weak worried worse worst wrong`),
)

const negations = new Set(
  words(
    `not no never neither nor hardly without cannot can't don't doesn't didn't isn't wasn't aren't weren't won't wouldn't shouldn't`,
  ),
)
const boosts = new Set(words(`very really extremely absolutely so truly incredibly completely totally`))
/** How far before a word of feeling a negation still turns it. */
const reach = 3

/**
 * How a text feels, by counting words of a small English lexicon; a negation shortly before a word turns it, a booster doubles it.
 * Knows nothing of irony, other languages or words outside the lexicon: `matches` tells how much the score rests on.
 */
export function sentiment({ sentences }: Segments) {
  const found = { positive: new Map<string, number>(), negative: new Map<string, number>() }
  let sum = 0
  let weight = 0
  for (const sentence of sentences) {
    const plain = sentence.words.map((word) => word.toLowerCase().replaceAll('’', "'"))
    plain.forEach((word, at) => {
      const polarity = positive.has(word) ? 1 : negative.has(word) ? -1 : 0
      if (polarity === 0) return
      const before = plain.slice(Math.max(0, at - reach), at)
      const felt = before.some((other) => negations.has(other)) ? -polarity : polarity
      const strength = boosts.has(plain[at - 1] ?? '') ? 2 : 1
      const side = felt > 0 ? found.positive : found.negative
      side.set(word, (side.get(word) ?? 0) + 1)
      sum += felt * strength
      weight += strength
    })
  }
  const score = weight === 0 ? 0 : Math.round((sum / weight) * 100) / 100
  return {
    label: score > 0.2 ? 'positive' : score < -0.2 ? 'negative' : weight === 0 ? 'neutral' : 'mixed',
    score,
    matches: { positive: Object.fromEntries(found.positive), negative: Object.fromEntries(found.negative) },
  }
}
