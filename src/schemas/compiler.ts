import { setImmediate } from 'node:timers/promises'
import type { ValidateFunction } from 'ajv'
import type { Diagnostics } from '../documents/diagnostics.ts'
import { isObject, type Located } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import type { Dialect } from '../model/operation.ts'
import { TextTooLong } from '../patterns/text-too-long.ts'
import { createSchemaCheck } from './check.ts'
import { referredDialect, type SchemaDialect, schemaDialect } from './dialects.ts'
import { createEngine } from './engine.ts'
import { describeErrors, type SchemaError } from './errors.ts'
import type { Checker } from './function-keyword.ts'
import { createReceive } from './receive.ts'
import { createResources } from './resources.ts'
import type { Direction, Entry, Rule } from './rule.ts'
import { sampleValue } from './sample.ts'
import type { Random } from './sample-random.ts'
import { emptyScope, enterScope } from './scope.ts'
import { subschemas } from './subschemas.ts'
import { nothingOmitted, type Translation, translate } from './translate.ts'

export type { SchemaError } from './errors.ts'

/** Judges a value: undefined when it is valid, else all that is wrong. What requests hold becomes what their receiver sees (`Receive`), in place. */
export type Validator = (value: unknown) => readonly SchemaError[] | undefined

/** One schema that a gateway uses. */
export interface VisitedSchema {
  readonly schema: Located<Record<string, unknown>>
  readonly dialect: SchemaDialect
  /** What is wrong with a value, as it would be part of a request or a response; nothing is filled in. */
  judge(value: unknown, direction: Direction): readonly SchemaError[] | undefined
}

export interface SchemaCompiler {
  /** Announces a schema that a validator will be asked for later. */
  expect(schema: Located, dialect: Dialect, direction: Direction): void
  /**
   * The validator of a schema of a document (`dialect`: of that document). Returns at once; the schema is compiled at the
   * first call, and the schemas that it refers to when a value first reaches them.
   */
  validator(schema: Located, dialect: Dialect, direction: Direction): Validator
  /** A value that the schema accepts, the same at every call, or with `random` another each time; undefined when none was found. */
  sample(schema: Located, dialect: Dialect, direction: Direction, random?: Random): unknown
  /** What a schema's `$ref`, else its `$dynamicRef`, leads to, one step; undefined for a dead end, which `check` reports. */
  follow(schema: Located): Located | undefined
  /** Reports what is wrong with every schema that was announced or asked for so far, and with all that they refer to. Compiles nothing. */
  check(): void
  /** Shows every schema that was announced or asked for so far, and all that they hold and refer to, each once. */
  visit(visitor: (schema: VisitedSchema) => void): void
  /** Compiles in the background whatever was announced or asked for and is not compiled yet, one schema in each turn of the event loop, for as long as it is wanted. */
  warm(isWanted?: () => boolean): Promise<void>
}

/** Compiles the schemas of OpenAPI documents with one shared Ajv. Schemas stay references, so recursion is nothing special. */
export function createSchemaCompiler({
  documents,
  diagnostics,
}: {
  documents: Documents
  diagnostics: Diagnostics
}): SchemaCompiler {
  const resources = createResources(documents)
  const entries: Entry[] = []
  const numbers = new Map<unknown, Map<string, number>>()
  const checker: Checker = {
    entry: (number) => compiled(entries[number] as Entry),
    rule: (rule) => engine.compile(rule),
    target,
    name: (number) => (entries[number] as Entry).name,
  }
  const receive = createReceive(checker)
  const engine = createEngine(checker)
  const checkSchema = createSchemaCheck(resources, diagnostics)

  const refer: Translation['refer'] = (schema, dialect, direction, scope, omitted) => {
    const leftOut = omitted.size === 0 ? '' : JSON.stringify([...omitted].sort())
    const key = `${schema.pointer} ${direction} ${dialect.name} ${scope.key} ${leftOut}`
    let known = numbers.get(schema.document)
    if (known === undefined) {
      known = new Map()
      numbers.set(schema.document, known)
    }
    let number = known.get(key)
    if (number === undefined) {
      number = entries.length
      known.set(key, number)
      entries.push({
        number,
        schema,
        dialect,
        direction,
        scope,
        omitted,
        name: schemaName(schema),
        rule: undefined,
        validate: undefined,
      })
    }
    return number
  }

  const translation = { resources, refer }

  function target(number: number): Rule {
    const entry = entries[number] as Entry
    entry.rule ??= translate(entry, translation)
    return entry.rule
  }

  function compiled(entry: Entry): ValidateFunction {
    entry.validate ??= engine.compile(target(entry.number))
    return entry.validate
  }

  function entryOf(schema: Located, dialect: Dialect, direction: Direction): Entry {
    const scope = enterScope(emptyScope, schema, resources)
    return entries[refer(schema, schemaDialect(schema, dialect), direction, scope, nothingOmitted)] as Entry
  }

  function sample(schema: Located, dialect: Dialect, direction: Direction, random?: Random): unknown {
    return sampleValue(target(entryOf(schema, dialect, direction).number), direction, checker, random)
  }

  function validator(schema: Located, dialect: Dialect, direction: Direction): Validator {
    const entry = entryOf(schema, dialect, direction)
    return (value) => {
      try {
        const validate = compiled(entry)
        if (!validate(value)) return describeErrors(validate.errors ?? [], checker)
        if (direction === 'request') receive(target(entry.number), value)
        return undefined
      } catch (error) {
        return unjudged(error)
      }
    }
  }

  function follow(schema: Located): Located | undefined {
    const { $ref, $dynamicRef } = schema.value as { $ref?: unknown; $dynamicRef?: unknown }
    const reference = $ref ?? $dynamicRef
    return typeof reference === 'string' ? resources.resolve(reference, schema)?.schema : undefined
  }

  function check(): void {
    for (const { schema, dialect } of entries) checkSchema(schema, dialect)
  }

  function visit(visitor: (schema: VisitedSchema) => void): void {
    const seen = new Set<unknown>()
    const open = entries.map(({ schema, dialect }) => ({ schema, dialect }))
    for (let found = open.pop(); found !== undefined; found = open.pop()) {
      const { schema, dialect } = found
      if (!isObject(schema.value) || seen.has(schema.value)) continue
      seen.add(schema.value)
      for (const keyword of ['$ref', '$dynamicRef']) {
        const target = typeof schema.value[keyword] === 'string' && resources.resolve(schema.value[keyword], schema)
        if (target) open.push({ schema: target.schema, dialect: referredDialect(target.schema, dialect) })
      }
      if (dialect.refStandsAlone && Object.hasOwn(schema.value, '$ref')) continue
      const judge: VisitedSchema['judge'] = (value, direction) => judgeBy(schema, dialect, value, direction)
      visitor({ schema: schema as VisitedSchema['schema'], dialect, judge })
      for (const below of subschemas(schema, dialect)) open.push({ schema: below, dialect })
    }
  }

  function judgeBy(schema: Located, dialect: SchemaDialect, value: unknown, direction: Direction) {
    const scope = enterScope(emptyScope, schema, resources)
    // No entry is made: nothing of a gateway asks for this schema on its own.
    const rule = translate({ ...noEntry, schema, dialect, direction, scope }, translation)
    try {
      const validate = engine.compile(rule)
      return validate(value) ? undefined : describeErrors(validate.errors ?? [], checker)
    } catch (error) {
      return unjudged(error)
    }
  }

  /** Entries are only ever added, so that walking by index also meets those that compiling adds. */
  async function warm(isWanted: () => boolean = () => true): Promise<void> {
    for (let number = 0; number < entries.length; number++) {
      const entry = entries[number] as Entry
      if (entry.validate !== undefined) continue
      await setImmediate()
      if (!isWanted()) return
      compiled(entry)
    }
  }

  return { expect: entryOf, validator, sample, follow, check, visit, warm }
}

/** What is said about a value that cannot be judged in bounded time and space. */
function unjudged(error: unknown): readonly SchemaError[] {
  if (error instanceof RangeError) return [{ pointer: '', message: 'is nested too deeply to be checked' }]
  if (error instanceof TextTooLong)
    return [{ pointer: '', message: 'holds a text that is too long to be checked by its pattern' }]
  throw error
}

const noEntry = { number: -1, name: '', omitted: nothingOmitted, rule: undefined, validate: undefined }

function schemaName(schema: Located): string {
  const title = isObject(schema.value) ? schema.value.title : undefined
  return typeof title === 'string' ? title : schema.pointer.slice(schema.pointer.lastIndexOf('/') + 1)
}
