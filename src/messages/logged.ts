import type { ValidationError } from '../errors.ts'

/** How many findings a log line holds. */
const most = 10

/** Findings as the log may show them: where, and which rule; the values that were found (`…, got …`) may be anybody's password. */
export function logged(errors: readonly ValidationError[]): ValidationError[] {
  return errors.slice(0, most).map((error) => ({ ...error, message: error.message.replace(/, got .*/s, '') }))
}
