const mostOutliers = 20
/** Tukey's fences: beyond this many interquartile ranges from the quartiles. */
const fence = 1.5

/** Measures of a column of numbers; rows count from 1, without the header. */
export function describeNumbers(values: readonly (number | null)[]) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b)
  const [q1, median, q3] = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)]
  const { mean, deviation } = moments(sorted)
  return {
    min: sorted[0]!,
    max: sorted.at(-1)!,
    mean: significant(mean),
    standard_deviation: significant(deviation),
    quantiles: {
      p05: significant(quantile(sorted, 0.05)),
      p25: significant(q1),
      p50: significant(median),
      p75: significant(q3),
      p95: significant(quantile(sorted, 0.95)),
    },
    outliers: outliers(values, q1 - fence * (q3 - q1), q3 + fence * (q3 - q1)),
  }
}

/** A quantile by linear interpolation between the two nearest values (Hyndman and Fan's type 7, as in R and NumPy). */
export function quantile(sorted: readonly number[], fraction: number): number {
  const place = (sorted.length - 1) * fraction
  const below = Math.floor(place)
  const low = sorted[below]!
  return low + (place - below) * ((sorted[below + 1] ?? low) - low)
}

/** Mean and sample standard deviation in one stable pass (Welford, 1962); the deviation of a single value is 0. */
export function moments(values: readonly number[]): { mean: number; deviation: number } {
  let [count, mean, squares] = [0, 0, 0]
  for (const value of values) {
    count++
    const delta = value - mean
    mean += delta / count
    squares += delta * (value - mean)
  }
  return { mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : 0 }
}

function outliers(values: readonly (number | null)[], low: number, high: number) {
  let count = 0
  const examples: { row: number; value: number }[] = []
  values.forEach((value, index) => {
    if (value === null || (value >= low && value <= high)) return
    if (++count <= mostOutliers) examples.push({ row: index + 1, value })
  })
  return { below: significant(low), above: significant(high), count, examples }
}

/** Hides the last digits of binary fractions: 0.1 + 0.2 is 0.3. */
function significant(value: number): number {
  return Number(value.toPrecision(12))
}
