import { splitOutsideQuotes } from '../messages/media-type.ts'

/** The preferences of a request (RFC 7240 section 2) by name in lower case; the first of a name counts, one without a value is `''`. */
export function readPreferences(header: string | readonly string[] | undefined): ReadonlyMap<string, string> {
  const preferences = new Map<string, string>()
  const text = typeof header === 'object' ? header.join(',') : (header ?? '')
  for (const part of splitOutsideQuotes(text, ',')) {
    // What follows a semicolon are parameters of the preference; those that a mock understands have none.
    const [preference = ''] = splitOutsideQuotes(part, ';')
    const equals = preference.indexOf('=')
    const name = (equals === -1 ? preference : preference.slice(0, equals)).trim().toLowerCase()
    if (name !== '' && !preferences.has(name))
      preferences.set(name, equals === -1 ? '' : unquote(preference.slice(equals + 1).trim()))
  }
  return preferences
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
}

/** A preference as `Preference-Applied` repeats it. */
export function showPreference(name: string, value: string): string {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value) ? `${name}=${value}` : `${name}="${value.replace(/["\\]/g, '\\$&')}"`
}
