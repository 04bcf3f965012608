/** What is wrong with a JSON text, and where (offset in UTF-16 code units). */
export interface JsonSyntaxError {
  offset: number
  message: string
  hint?: string
}

/**
 * Finds the first error of a text that `JSON.parse` refused. V8 names a position for some errors only and explains none of
 * the usual slips (comments, trailing commas, single quotes), so the text is read once more by the grammar of RFC 8259.
 */
export function findJsonError(text: string): JsonSyntaxError {
  const open: ('}' | ']')[] = []
  let at = space(text, 0)
  let expecting: 'value' | 'first' | 'key' = 'value'
  for (;;) {
    const error = problemAt(text, at, expecting, open.at(-1))
    if (error !== undefined) return error
    const first = text[at]
    if (expecting === 'first' && first === open.at(-1)) {
      open.pop()
      at++
    } else if (expecting === 'key' || (expecting === 'first' && open.at(-1) === '}')) {
      at = space(text, stringEnd(text, at))
      if (text[at] !== ':') return { offset: at, message: 'a colon is missing after the key' }
      at = space(text, at + 1)
      expecting = 'value'
      continue
    } else if (first === '{' || first === '[') {
      open.push(first === '{' ? '}' : ']')
      at = space(text, at + 1)
      expecting = 'first'
      continue
    } else {
      at = first === '"' ? stringEnd(text, at) : at + (literal.exec(text.slice(at, at + 400))?.[0].length ?? 1)
    }
    const next = afterValue(text, space(text, at), open)
    if ('message' in next) return next
    at = next.at
    expecting = next.expecting
  }
}

const literal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/

/** Goes on behind a complete value: closes containers and finds what must come next. */
function afterValue(
  text: string,
  start: number,
  open: ('}' | ']')[],
): JsonSyntaxError | { at: number; expecting: 'value' | 'key' } {
  let at = start
  while (open.length > 0 && text[at] === open.at(-1)) {
    open.pop()
    at = space(text, at + 1)
  }
  const closing = open.at(-1)
  if (closing === undefined)
    return { offset: at, message: `nothing may follow the end of the document, found ${found(text, at)}` }
  if (at >= text.length) return { offset: text.length, message: `the text ends before its closing "${closing}"` }
  if (text[at] !== ',')
    return comment(text, at) ?? { offset: at, message: `expected "," or "${closing}", found ${found(text, at)}` }
  const next = space(text, at + 1)
  if (text[next] === closing)
    return { offset: at, message: 'a comma may not stand behind the last entry', hint: 'Remove the comma.' }
  return { at: next, expecting: closing === '}' ? 'key' : 'value' }
}

/** What keeps a value or key from starting here. */
function problemAt(
  text: string,
  at: number,
  expecting: 'value' | 'first' | 'key',
  closing?: string,
): JsonSyntaxError | undefined {
  const first = text[at]
  if (first === undefined) return { offset: at, message: 'the text ends before the document is complete' }
  if (expecting === 'first' && first === closing) return undefined
  if (first === '"') return stringProblem(text, at)
  if (first === "'") return { offset: at, message: 'text must stand in double quotes', hint: `Write " instead of '.` }
  const wantsKey = expecting === 'key' || (expecting === 'first' && closing === '}')
  if (wantsKey) return comment(text, at) ?? { offset: at, message: `expected a key in double quotes, found ${found(text, at)}` }
  if (first === '{' || first === '[' || literal.test(text.slice(at, at + 400))) return undefined
  return comment(text, at) ?? { offset: at, message: `expected a value, found ${found(text, at)}` }
}

function comment(text: string, at: number): JsonSyntaxError | undefined {
  const isComment = text[at] === '#' || text.startsWith('//', at) || text.startsWith('/*', at)
  return isComment
    ? { offset: at, message: 'JSON has no comments', hint: 'Remove the comment, or rename the file to .yaml.' }
    : undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 section 7 forbids exactly these
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y

function stringProblem(text: string, start: number): JsonSyntaxError | undefined {
  string.lastIndex = start
  string.test(text)
  const end = string.lastIndex
  if (text[end] === '"') return undefined
  if (text[end] === undefined || text[end] === '\n' || text[end] === '\r') {
    return {
      offset: start,
      message: 'the text is not closed on its line',
      hint: 'Add the closing double quote; a line break is written \\n.',
    }
  }
  if (text[end] === '\\') return { offset: end, message: `"${text.slice(end, end + 2)}" is no escape of JSON` }
  return { offset: end, message: 'a control character stands in the text; it must be escaped', hint: 'A tab is written \\t.' }
}

function stringEnd(text: string, start: number): number {
  string.lastIndex = start
  string.test(text)
  return string.lastIndex + 1
}

function found(text: string, at: number): string {
  if (at >= text.length) return 'the end of the text'
  const word = /^[\w.+-]{1,30}/.exec(text.slice(at, at + 30))
  return JSON.stringify(word?.[0] ?? String.fromCodePoint(text.codePointAt(at) as number))
}

function space(text: string, start: number): number {
  let at = start
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return at
}
