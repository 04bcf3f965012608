import { child, isObject, type Located } from '../documents/document.ts'
import { dialectByUri } from '../schemas/dialects.ts'
import { resolveDiscriminator } from '../schemas/discriminator.ts'
import { flaggedProperties } from '../schemas/property-flags.ts'
import {
  anything,
  arrayOf,
  type Expression,
  intersection,
  literal,
  memberName,
  nothing,
  objectOf,
  orNull,
  plain,
  print,
  union,
} from './expression.ts'
import { objectType } from './object-type.ts'
import { behindReferences, below, listed, type Place, type SchemaNode } from './place.ts'
import { hiddenFlag } from './view.ts'

/** The type of the values that a schema accepts, as far as TypeScript can say it; a schema that is no schema accepts nothing. */
export function schemaType(schema: Located, outer: Place): Expression {
  if (schema.value === true) return anything
  if (!isObject(schema.value)) return nothing
  const node = schema as SchemaNode
  const place = enter(node, outer)
  const referred = referredType(node, place)
  if (place.dialect.refStandsAlone && typeof node.value.$ref === 'string') return referred ?? anything
  const composed = compositions(node, place)
  const own = ownType(node, place, composed.length > 0 || referred !== undefined)
  const whole = intersection([...(referred === undefined ? [] : [referred]), own, ...composed])
  return place.dialect.nullable && admitsNull(node.value) ? orNull(whole) : whole
}

function enter(schema: SchemaNode, outer: Place): Place {
  const named =
    typeof schema.value.$schema === 'string' && outer.dialect.keywords === undefined
      ? dialectByUri(schema.value.$schema)
      : undefined
  const hidden = flaggedProperties(schema, hiddenFlag(outer.view), outer.resources, outer.hidden)
  return { ...outer, hidden, dialect: named ?? outer.dialect }
}

function referredType({ value, ...rest }: SchemaNode, place: Place): Expression | undefined {
  const reference = value.$ref ?? (place.dialect.keywords === undefined ? value.$dynamicRef : undefined)
  if (typeof reference !== 'string') return undefined
  const target = place.resources.resolve(reference, { value, ...rest })
  // A dead end is reported at boot.
  return target === undefined ? anything : place.nameOf(target.schema, place)
}

/** OpenAPI 3.0 section 4.7.24: `nullable` adds null to `type`, and an `enum` still decides; without a type it can only mean the composition. */
function admitsNull({ nullable, type, enum: values, allOf, anyOf, oneOf }: Record<string, unknown>): boolean {
  return nullable === true && values === undefined && (type !== undefined || (allOf ?? anyOf ?? oneOf) !== undefined)
}

function compositions(schema: SchemaNode, place: Place): Expression[] {
  const all = listed(schema, 'allOf').map((branch) => schemaType(branch, place))
  const choices = (['anyOf', 'oneOf'] as const).flatMap((keyword) => {
    const list = listed(schema, keyword)
    return list.length === 0 ? [] : [union(alternatives(schema, keyword, list, place))]
  })
  return [...all, ...choices]
}

/** The branches of a choice, each with the value of the discriminating property that chooses it. */
function alternatives(schema: SchemaNode, keyword: 'anyOf' | 'oneOf', list: readonly Located[], place: Place): Expression[] {
  const types = list.map((branch) => schemaType(branch, place))
  const node = child(schema, 'discriminator')
  const discriminate = node && resolveDiscriminator(node, schema.value, place.resources)
  if (discriminate === undefined || discriminate.branches !== keyword) return types
  return types.map((type, index) => {
    const values = Object.keys(discriminate.choices).filter((value) => discriminate.choices[value] === index)
    if (
      values.length === 0 ||
      index === discriminate.otherwise ||
      saysItself(list[index] as Located, discriminate.property, place)
    )
      return type
    const value = union(values.map((one) => plain(literal(one))))
    return intersection([type, objectOf([{ name: memberName(discriminate.property), type: value }])])
  })
}

function saysItself(branch: Located, property: string, place: Place): boolean {
  const declared = child(child(behindReferences(branch, place), 'properties') ?? branch, property)
  const { value } = declared === undefined ? branch : behindReferences(declared, place)
  return isObject(value) && (value.const !== undefined || value.enum !== undefined || value.type === 'null')
}

/** What the schema says by keywords of its own, besides references and compositions. */
function ownType(schema: SchemaNode, place: Place, composed: boolean): Expression {
  const { value } = schema
  if (Object.hasOwn(value, 'const') && place.dialect.keywords === undefined) return plain(literal(value.const))
  if (Array.isArray(value.enum)) return union(value.enum.map((one) => plain(literal(one))))
  const types = typesOf(value)
  if (types.length === 0) return anything
  return union(types.map((type) => typeNamed(type, schema, place, composed)))
}

const objectKeywords = ['properties', 'required', 'additionalProperties', 'patternProperties']
const arrayKeywords = ['items', 'prefixItems']

/** The types that a schema names or, when it names none, that its keywords are about. */
function typesOf(value: Record<string, unknown>): string[] {
  if (typeof value.type === 'string') return [value.type]
  if (Array.isArray(value.type)) return value.type.filter((type) => typeof type === 'string')
  if (objectKeywords.some((keyword) => value[keyword] !== undefined)) return ['object']
  return arrayKeywords.some((keyword) => value[keyword] !== undefined) ? ['array'] : []
}

function typeNamed(type: string, schema: SchemaNode, place: Place, composed: boolean): Expression {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
    case 'number':
      return plain(type)
    case 'integer':
      return plain('number')
    case 'array':
      return arrayType(schema, place)
    case 'object':
      return objectType(schema, place, composed)
    default:
      return nothing
  }
}

function arrayType(schema: SchemaNode, place: Place): Expression {
  const inner = below(place)
  const written = child(schema, 'items')
  const legacy = place.dialect.legacyArrays && Array.isArray(written?.value)
  const first = legacy ? listed(schema, 'items') : listed(schema, 'prefixItems')
  const rest = legacy ? child(schema, 'additionalItems') : written
  const restType = rest === undefined ? anything : schemaType(rest, inner)
  if (first.length === 0) return arrayOf(restType)
  const needed = typeof schema.value.minItems === 'number' ? schema.value.minItems : 0
  const elements = first.map((item, index) => {
    const text = print(arrayItem(schemaType(item, inner)))
    return index < needed ? text : `${text}?`
  })
  const open = rest?.value === false ? [] : [`...${print(arrayOf(restType))}`]
  return plain(`[${[...elements, ...open].join(', ')}]`)
}

/** `A | B?` would be no element of a tuple. */
function arrayItem(type: Expression): Expression {
  return type.kind === 'plain' ? type : plain(`(${print(type)})`)
}
