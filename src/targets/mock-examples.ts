import { child, isObject, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'

/** The examples of a media type, header or parameter. */
export interface Examples {
  /** By name, in document order. */
  readonly named: ReadonlyMap<string, unknown>
  /** `example`; undefined when there is none. */
  readonly single: { readonly value: unknown } | undefined
}

/** Reads `example` and `examples` (OpenAPI 3.1 section 4.8.19; `dataValue` since 3.2). `externalValue` is never fetched. */
export function readExamples(node: Located, documents: Documents): Examples {
  const named = new Map<string, unknown>()
  for (const [name, reference] of members(child(node, 'examples'))) {
    const example = documents.follow(reference)
    if (!isObject(example?.value)) continue
    const member = child(example, 'dataValue') ?? child(example, 'value')
    if (member !== undefined) named.set(name, member.value)
  }
  const single = child(node, 'example')
  return { named, single: single && { value: single.value } }
}

async function load() {
  const { OpenAPIBackend } = await import('openapi-backend')
  return OpenAPIBackend
}

let loading: ReturnType<typeof load> | undefined

/** Loads openapi-backend ahead: it takes a tenth of a second, which no first request should wait for. */
export function loadExampleChooser(): ReturnType<typeof load> {
  loading ??= load()
  return loading
}

/** Stands for an example while it is chosen: the data itself may hold keys such as `$ref`, which are none of openapi-backend's. */
type Marker = { readonly named: string } | { readonly single: true }

/** The example that openapi-backend answers with: the named one, else `example`, else the first. */
export async function chooseExample({ named, single }: Examples, name: string | undefined): Promise<unknown> {
  const OpenAPIBackend = await loadExampleChooser()
  const examples = Object.fromEntries([...named.keys()].map((key) => [key, { value: { named: key } satisfies Marker }]))
  const example: Marker = { single: true }
  const content = { 'application/json': { ...(named.size > 0 && { examples }), ...(single && { example }) } }
  const get = { operationId: 'mocked', responses: { '200': { description: '', content } } }
  const definition = { openapi: '3.0.3', info: { title: '', version: '' }, paths: { '/': { get } } }
  const backend = new OpenAPIBackend({ definition: definition as never, quick: true, validate: false })
  await backend.init()
  const chosen = backend.mockResponseForOperation('mocked', name === undefined ? {} : { example: name }).mock as
    | Marker
    | undefined
  if (chosen === undefined) return undefined
  return 'named' in chosen ? named.get(chosen.named) : single?.value
}
