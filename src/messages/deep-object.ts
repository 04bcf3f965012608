import type { TextTree } from './coerce.ts'
import { bareRecord } from './record.ts'
import { addText, Misfit } from './styles.ts'

type Branch = { [name: string]: TextTree }

/** How many brackets deep a name may go; the limit is ours, OpenAPI defines one level only. */
const maxDepth = 16

/**
 * `deepObject`: `name[a]=1&name[b][c]=2&name[d]=x&name[d]=y&name[e][]=z`. OpenAPI defines one level of properties; deeper
 * ones, repeated names (a list) and indexes are read as clients commonly write them.
 */
export function readDeepObject(pairs: readonly (readonly [path: string, text: string])[]): TextTree | Misfit {
  const root = bareRecord() as Branch
  for (const [path, text] of pairs) {
    const keys = path.slice(1, -1).split('][')
    if (keys.at(-1) === '' && keys.length > 1) keys.pop()
    if (keys.length > maxDepth) return new Misfit(`may be nested at most ${maxDepth} levels deep`)
    const holder = branchFor(root, keys)
    if (holder === undefined) return new Misfit(`has both a value and members at ${path}`)
    const last = keys.at(-1) as string
    if (isBranch(holder[last])) return new Misfit(`has both a value and members at ${path}`)
    addText(holder, last, text)
  }
  return root
}

function branchFor(root: Branch, keys: readonly string[]): Branch | undefined {
  let holder = root
  for (const key of keys.slice(0, -1)) {
    const next = holder[key] ?? (bareRecord() as Branch)
    if (!isBranch(next)) return undefined
    holder[key] = next
    holder = next
  }
  return holder
}

function isBranch(tree: TextTree | undefined): tree is Branch {
  return typeof tree === 'object' && !Array.isArray(tree)
}
