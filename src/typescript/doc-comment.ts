import { isObject } from '../documents/document.ts'

/** What a comment says besides its text. */
export interface Facts {
  readonly deprecated?: boolean
  /** `@format uuid`, `@default 20`, …, in this order. */
  readonly tags?: readonly (readonly [name: string, value: string])[]
}

/** A doc comment, which editors show at every use of what stands below it; empty when there is nothing to say. */
export function docComment(text: string | undefined, { deprecated = false, tags = [] }: Facts = {}): string {
  const lines = (text ?? '').trim().split(/\r\n|[\n\r\u2028\u2029]/)
  const tagged = tags.map(([name, value]) => `@${name} ${value}`)
  const all = [...(lines[0] === '' ? [] : lines), ...tagged, ...(deprecated ? ['@deprecated'] : [])].map((line) =>
    line.trimEnd().replaceAll('*/', '*\\/'),
  )
  if (all.length === 0) return ''
  if (all.length === 1) return `/** ${all[0]} */\n`
  return `/**\n${all.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`
}

/** The comment of a property or named type, from its schema's annotations. */
export function schemaComment(schema: unknown, inherited?: unknown): string {
  const own = isObject(schema) ? schema : {}
  const base = isObject(inherited) ? inherited : {}
  const { description = base.description, format = base.format, deprecated = base.deprecated } = own
  const fallback = 'default' in own ? own.default : base.default
  const text = typeof description === 'string' ? description : undefined
  const tags: [string, string][] = []
  if (typeof format === 'string') tags.push(['format', oneLine(format)])
  if (fallback !== undefined) tags.push(['default', oneLine(JSON.stringify(fallback))])
  return docComment(text, { deprecated: deprecated === true, tags })
}

function oneLine(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text.replace(/\s+/g, ' ')
}
