import type { Diagnostics } from './diagnostics.ts'
import { child, type Located } from './document.ts'
import type { Documents } from './documents.ts'
import { named } from './named.ts'
import { checkContent } from './openapi-content.ts'
import { checkFlag, placeOf } from './openapi-value.ts'
import { nearest } from './suggest.ts'

/** The styles of each place (OpenAPI 3.2 section 4.12.2.2). */
const stylesOf: Readonly<Record<string, readonly string[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form', 'cookie'],
}
const styles = new Set(Object.values(stylesOf).flat())

/** Checks what decides how a parameter is read: a value of the wrong kind would be taken for the default. */
export function checkParameterFields(
  what: string,
  place: string,
  node: Located,
  documents: Documents,
  diagnostics: Diagnostics,
): void {
  // A path has all its parameters, and only a query has fields that may be empty.
  checkFlag(node, 'required', what, place !== 'path', diagnostics)
  checkFlag(node, 'explode', what, true, diagnostics)
  checkFlag(node, 'allowEmptyValue', what, place === 'query', diagnostics)
  checkFlag(node, 'allowReserved', what, false, diagnostics)
  checkStyle(what, place, node, diagnostics)
  checkContent(what, node, 'warning', documents, diagnostics)
}

/** Documents in use have styles of other places, which count as the place's own; one that nobody knows may mean anything. */
function checkStyle(what: string, place: string, node: Located, diagnostics: Diagnostics): void {
  const style = child(node, 'style')
  const allowed = stylesOf[place]
  if (style === undefined || allowed === undefined || allowed.includes(style.value as string)) return
  const isKnown = style.value === null || styles.has(style.value as string)
  const near = typeof style.value === 'string' && !isKnown ? nearest(style.value, allowed) : undefined
  diagnostics[isKnown ? 'warning' : 'error'](
    'wrong-value',
    placeOf(style),
    `"style" of ${what} must be ${allowed.length > 1 ? `one of ${allowed.join(', ')}` : allowed[0]}, not ${named(style.value)}`,
    near === undefined ? undefined : `Did you mean "${near}"?`,
  )
}
