/**
 * The first line of what was printed that a guide does not promise, or of what it promises that was not printed; undefined when all is
 * as stated. `…` stands for anything within a line, and on a line of its own for any number of lines.
 */
export function difference(promised: string, printed: string): string | undefined {
  const wanted = linesOf(promised)
  const lines = linesOf(printed)
  let at = 0
  for (let i = 0; i < wanted.length; i++) {
    const line = wanted[i] as string
    if (line.trim() === '…') {
      const next = wanted[i + 1]
      if (next === undefined) return undefined
      const found = lines.findIndex((candidate, index) => index >= at && matches(next, candidate))
      if (found === -1) return `nothing printed matches: ${next}`
      at = found
      continue
    }
    const candidate = lines[at]
    if (candidate === undefined) return `not printed: ${line}`
    if (!matches(line, candidate)) return `promised: ${line}\n printed: ${candidate}`
    at += 1
  }
  return at < lines.length ? `printed, but not promised: ${lines[at]}` : undefined
}

function linesOf(text: string): string[] {
  const lines = text
    .replaceAll('\r', '')
    .trim()
    .split('\n')
    .map((line) => line.trimEnd())
  return lines.length === 1 && lines[0] === '' ? [] : lines
}

function matches(promised: string, printed: string): boolean {
  const parts = promised.split('…').map((part) => part.replaceAll(/[^\w\s]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(printed)
}
