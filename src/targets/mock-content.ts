import type { CompileTools } from '../compile/tools.ts'
import { child, isObject } from '../documents/document.ts'
import { isJson, isText, type MediaRange, parseMediaType } from '../messages/media-type.ts'
import type { MediaType, Operation } from '../model/operation.ts'
import type { SchemaError, Validator } from '../schemas/compiler.ts'
import type { Random } from '../schemas/sample-random.ts'
import { chooseExample, type Examples, loadExampleChooser, readExamples } from './mock-examples.ts'
import { sequenceWriter } from './mock-sequence.ts'
import { writeXml } from './mock-xml.ts'

/** One media type that a mock can answer with. */
export interface MockContent {
  readonly media: MediaRange
  /** What goes out as `content-type`: a concrete type also where a range is declared. */
  readonly contentType: string
  readonly exampleNames: readonly string[]
  /** The body, for a named example or the best there is; undefined when nothing fits the schema. */
  body(example: string | undefined): Promise<{ value: unknown } | undefined>
  /** A body that is made from the schema anew at each call; undefined when none fits. */
  dynamicBody(): { value: unknown } | undefined
}

/** What a range such as `image/*` is answered with. */
const concreteTypes: Readonly<Record<string, string>> = {
  text: 'text/plain',
  image: 'image/png',
  audio: 'audio/mpeg',
  video: 'video/mp4',
}

export function mockContent(declared: MediaType, operation: Operation, tools: CompileTools): MockContent | undefined {
  const media = parseMediaType(declared.range)
  if (media === undefined) return undefined
  const contentType = media.subtype.startsWith('*') ? (concreteTypes[media.type] ?? 'application/json') : declared.range
  const concrete = parseMediaType(contentType) as MediaRange
  const examples = readExamples(declared.node, tools.documents)
  if (examples.named.size > 0 || examples.single !== undefined) void loadExampleChooser()
  const source: Source = sequenceSource(concrete, declared, examples, operation, tools) ?? {
    examples,
    write: writerOf(concrete, declared, tools),
    validate: declared.schema && tools.schemas.validator(declared.schema, operation.dialect, 'response'),
    sample: (random) =>
      declared.schema === undefined ? 'string' : tools.schemas.sample(declared.schema, operation.dialect, 'response', random),
    isData: isJson(concrete) || concrete.type === 'text',
  }
  return {
    media,
    contentType,
    exampleNames: [...examples.named.keys()],
    body: (example) => bodyOf(source, example),
    dynamicBody: () => written(source, source.sample(Math.random)),
  }
}

interface Source {
  readonly examples: Examples
  readonly validate: Validator | undefined
  sample(random?: Random): unknown
  /** The body as it is sent; undefined when the media type cannot carry the value. */
  write(value: unknown): unknown
  /** False where an example is the text or the bytes themselves, not the value that the schema describes. */
  readonly isData: boolean
}

/** What is described item by item, by `itemSchema` (OpenAPI 3.2). */
function sequenceSource(
  media: MediaRange,
  { node, schema }: MediaType,
  examples: Examples,
  { dialect }: Operation,
  { schemas }: CompileTools,
): Source | undefined {
  const write = sequenceWriter(media)
  const item = child(node, 'itemSchema')
  if (write === undefined || item === undefined || schema !== undefined) return undefined
  const validate = schemas.validator(item, dialect, 'response')
  return {
    examples,
    isData: false,
    write: (value) => (typeof value === 'string' ? Buffer.from(value) : write(Array.isArray(value) ? value : [value])),
    validate: (value) => (Array.isArray(value) ? value : [value]).map(validate).find((found) => found !== undefined),
    sample(random) {
      const value = schemas.sample(item, dialect, 'response', random)
      return value === undefined ? undefined : [value]
    },
  }
}

async function bodyOf(source: Source, name: string | undefined): Promise<{ value: unknown } | undefined> {
  for await (const value of candidates(source, name)) {
    const body = written(source, value)
    if (body !== undefined) return body
  }
  return undefined
}

/** A value as it is sent; undefined when it does not fit the schema, or the media type cannot carry it. */
function written(source: Source, value: unknown): { value: unknown } | undefined {
  if (value === undefined || judge(source, value) !== undefined) return undefined
  const text = source.write(value)
  return text === undefined ? undefined : { value: text }
}

/** The examples of a media type are the first to be tried, a value made from the schema the last. */
async function* candidates({ examples, sample }: Source, name: string | undefined): AsyncGenerator<unknown> {
  const { named, single } = examples
  if (named.size > 0 || single !== undefined) yield chooseExample(examples, name)
  if (name !== undefined) {
    // openapi-backend passes over examples such as 0, false and null.
    yield named.get(name)
    return
  }
  yield single?.value
  yield* named.values()
  yield sample()
}

function judge({ validate, isData }: Source, value: unknown): readonly SchemaError[] | undefined {
  return !isData && typeof value === 'string' ? undefined : validate?.(value)
}

function writerOf(media: MediaRange, { schema }: MediaType, { schemas }: CompileTools): (value: unknown) => unknown {
  if (isJson(media)) return (value) => value
  if (media.subtype === 'xml' || media.suffix === 'xml')
    return (value) => (typeof value === 'string' ? value : writeXml(value, schema, schemas))
  if (media.subtype === 'x-www-form-urlencoded') return writeForm
  if (isText(media)) return (value) => (typeof value === 'string' ? value : JSON.stringify(value))
  return (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

function writeForm(value: unknown): unknown {
  if (!isObject(value)) return typeof value === 'string' ? value : undefined
  const text = (member: unknown) => (typeof member === 'object' ? JSON.stringify(member) : String(member))
  const fields = Object.entries(value).map(([name, member]): [string, string] => [name, text(member)])
  return new URLSearchParams(fields).toString()
}
