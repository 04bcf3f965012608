/**
 * Who looks at a value. The same schema means another type to each:
 * - `received`: a handler sees what a client sent: nothing readOnly, defaults filled in
 * - `sent`: a client sends it: nothing readOnly, what has a default may be left out
 * - `answer`: a handler answers it and a client gets it: nothing writeOnly
 * - `receivedForm`, `sentForm`: the parts of a multipart body, which may be files
 */
export type View = 'received' | 'sent' | 'answer' | 'receivedForm' | 'sentForm'

/** All views; of the types that one schema means, that of the first view has the schema's plain name. */
export const views: readonly View[] = ['answer', 'received', 'receivedForm', 'sent', 'sentForm']

/** What stands behind the plain name where a view has a type of its own. */
export const suffixes: Record<View, string> = {
  answer: '',
  received: 'Request',
  receivedForm: 'Form',
  sent: 'Input',
  sentForm: 'FormInput',
}

/** How the members of a form are seen. */
export function innerView(view: View): View {
  return view === 'receivedForm' ? 'received' : view === 'sentForm' ? 'sent' : view
}

export function isForm(view: View): boolean {
  return view === 'receivedForm' || view === 'sentForm'
}

/** The flag of properties that a view never shows (OpenAPI 3.1 section 4.8.24.2). */
export function hiddenFlag(view: View): 'readOnly' | 'writeOnly' {
  return view === 'answer' ? 'writeOnly' : 'readOnly'
}

/** Whether defaults are filled in where the view looks. */
export function seesDefaults(view: View): boolean {
  return view === 'received' || view === 'receivedForm'
}
