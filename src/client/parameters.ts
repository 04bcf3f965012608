/** Parameters of one place by name. */
export type Values = Readonly<Record<string, unknown>> | undefined
/** The styles of parameters that are not written in their place's usual one, by place and name. */
type Styles = Readonly<Record<string, string>> | undefined

/** Fills a path template (OpenAPI 3.1 section 4.8.12: `simple` unless a style says otherwise, `*` for `explode`). */
export function fillPath(template: string, values: Values, styles: Styles): string {
  return template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = values?.[name]
    if (value === undefined || value === null || value === '') throw new TypeError(`'params.${name}' of ${template} is missing`)
    return inPath(name, value, styles?.[`path ${name}`] ?? 'simple')
  })
}

function inPath(name: string, value: unknown, style: string): string {
  if (style === 'json') return encode(JSON.stringify(value))
  const exploded = style.endsWith('*')
  if (style.startsWith('label')) return `.${join(value, exploded ? '.' : ',', exploded)}`
  if (!style.startsWith('matrix')) return join(value, ',', exploded)
  if (!exploded) return `;${name}=${join(value, ',', false)}`
  return pairs(name, value)
    .map(([key, one]) => `;${encode(key)}=${encode(one)}`)
    .join('')
}

/** The query of a URL, with its `?`; empty without parameters. */
export function writeQuery(values: Values, styles: Styles): string {
  const parts = defined(values).flatMap(([name, value]) => inQuery(name, value, styles?.[`query ${name}`] ?? 'form*'))
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

const delimiters: Readonly<Record<string, string>> = { form: ',', spaceDelimited: '%20', pipeDelimited: '%7C' }

function inQuery(name: string, value: unknown, style: string): string[] {
  const key = encode(name)
  if (style === 'whole') return [encode(JSON.stringify(value))]
  if (style === 'whole-form') return defined(value as object).flatMap(([field, one]) => inQuery(field, one, 'form*'))
  if (style === 'json') return [`${key}=${encode(JSON.stringify(value))}`]
  if (style === 'deepObject') return deep(key, value)
  const delimiter = delimiters[style]
  if (delimiter !== undefined && isObject(value)) return [`${key}=${join(value, delimiter, false)}`]
  return pairs(name, value).map(([field, one]) => `${encode(field)}=${encode(one)}`)
}

function deep(key: string, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => deep(key, item))
  if (!isObject(value)) return [`${key}=${encode(value)}`]
  return defined(value).flatMap(([name, member]) => deep(`${key}[${encode(name)}]`, member))
}

/** Header fields by name; they are not percent-encoded. */
export function writeHeaders(values: Values, styles: Styles): [string, string][] {
  return defined(values).map(([name, value]) => {
    const style = styles?.[`header ${name}`]
    return [name, style === 'json' ? JSON.stringify(value) : join(value, ',', style === 'simple*', String)]
  })
}

/** The `Cookie` field; undefined without cookies. Browsers do not let scripts send it. */
export function writeCookies(values: Values): string | undefined {
  const cookies = defined(values).flatMap(([name, value]) => pairs(name, value).map(([key, one]) => `${key}=${encode(one)}`))
  return cookies.length === 0 ? undefined : cookies.join('; ')
}

/** The values of a list or object, one behind the other; an object's with its names. */
function join(value: unknown, delimiter: string, exploded: boolean, write: (one: unknown) => string = encode): string {
  if (Array.isArray(value)) return value.map(write).join(delimiter)
  if (!isObject(value)) return write(value)
  return defined(value)
    .map(([name, member]) => `${write(name)}${exploded ? '=' : delimiter}${write(member)}`)
    .join(delimiter)
}

/** A value as fields of a form: one for each item of a list and each member of an object. */
function pairs(name: string, value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.map((item) => [name, item])
  return isObject(value) ? defined(value) : [[name, value]]
}

function defined(values: object | undefined): [string, unknown][] {
  return Object.entries(values ?? {}).filter(([, value]) => value !== undefined)
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function encode(value: unknown): string {
  return encodeURIComponent(isObject(value) ? JSON.stringify(value) : String(value))
}
