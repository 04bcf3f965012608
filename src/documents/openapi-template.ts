import type { Diagnostics } from './diagnostics.ts'
import type { Located } from './document.ts'
import { variablesOf } from './path-template.ts'

/** Checks a key of `paths`: what of it no request can ever match, and what is no template but looks like one. */
export function checkTemplate(template: string, written: Located, diagnostics: Diagnostics): void {
  const at = () => written.document.locate(written.pointer, 'key')
  if (!template.startsWith('/')) {
    diagnostics.warning(
      'path-template',
      at(),
      `the path "${template}" does not begin with a slash; it is served as "/${template}"`,
    )
  }
  if (/\{[^}]*$|\{[^}]*\{|\{\}|^[^{]*\}/.test(template)) {
    diagnostics.error('path-template', at(), `the braces of the path "${template}" do not match`, 'A variable is written {name}.')
  }
  const names = variablesOf(template)
  for (const name of names) {
    if (names.indexOf(name) === names.lastIndexOf(name)) continue
    diagnostics.warning(
      'path-template',
      at(),
      `the variable {${name}} stands twice in the path "${template}"; the last one counts`,
    )
  }
  // What stands between braces is a name; URI templates (RFC 6570) have `{?name}` and `{#name}`.
  const literal = template.replace(/\{[^{}]*\}/g, '')
  if (literal.includes('?')) {
    const hint = "Query parameters stand under 'parameters', in: query."
    diagnostics.warning('path-template', at(), `the path "${template}" has a query, which no path of a request has`, hint)
  }
  if (literal.includes('#')) {
    const hint = "Clients never send what follows a '#': give its operations a path of their own."
    diagnostics.warning('path-template', at(), `the path "${template}" has a fragment, which no request has`, hint)
  }
  for (const [, name] of template.matchAll(/\/:([a-z_][\w-]*)/gi)) {
    const message = `":${name}" in the path "${template}" is no variable; it matches only itself`
    diagnostics.warning('path-template', at(), message, `Write {${name}}.`)
  }
}
