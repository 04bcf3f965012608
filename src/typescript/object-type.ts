import { child, isObject, type Located, members } from '../documents/document.ts'
import { schemaComment } from './doc-comment.ts'
import { anything, type Expression, type Member, memberName, objectOf, plain, union } from './expression.ts'
import { fileType } from './form-type.ts'
import { below, listed, longestChain, type Place, referenceTarget, type SchemaNode } from './place.ts'
import { isForm, seesDefaults } from './view.ts'

/** The type of a schema's objects. `composed`: other schemas say more about the same object. */
export function objectType(schema: SchemaNode, place: Place, composed: boolean): Expression {
  const properties = propertyMembers(schema, place)
  const index = indexMember(schema, place, properties, composed)
  if (index === undefined && properties.length === 0 && composed) return anything
  return objectOf(index === undefined ? properties : [...properties, index])
}

function propertyMembers(schema: SchemaNode, place: Place): Member[] {
  const declared = members(child(schema, 'properties')).filter(([name]) => !place.hidden.has(name))
  const names = new Set(declared.map(([name]) => name))
  const { required } = schema.value
  const needed = new Set<unknown>(Array.isArray(required) ? required : [])
  const described = declared.map(([name, property]) => propertyMember(name, property, needed.has(name), place))
  // Described by another schema for the same object, or not at all.
  const others = [...needed].filter(
    (name): name is string => typeof name === 'string' && !names.has(name) && !place.hidden.has(name),
  )
  const additional = child(schema, 'additionalProperties')
  const type = isObject(additional?.value) ? place.typeOf(additional, below(place)) : anything
  return [...described, ...others.map((name) => ({ name: memberName(name), type }))]
}

function propertyMember(name: string, property: Located, required: boolean, place: Place): Member {
  const given = required || (seesDefaults(place.view) && hasDefault(property, place))
  const file = isForm(place.view) ? fileType(property, place) : undefined
  return {
    name: memberName(name),
    optional: !given,
    type: file ?? place.typeOf(property, below(place)),
    comment: commentOf(property, place),
  }
}

/** Behind `$ref`, what the schema that is referred to says counts where the property itself says nothing. */
export function commentOf(schema: Located, place: Pick<Place, 'resources'>): string {
  const target = referenceTarget(schema, place)
  return schemaComment(schema.value, target?.value)
}

/** Whether a schema has a default, itself or by its references and `allOf`. */
export function hasDefault(schema: Located, place: Pick<Place, 'resources' | 'dialect'>, depth = 0): boolean {
  if (!isObject(schema.value) || depth > longestChain) return false
  const target = referenceTarget(schema, place)
  if (target !== undefined && hasDefault(target, place, depth + 1)) return true
  if (target !== undefined && place.dialect.refStandsAlone) return false
  if (schema.value.default !== undefined) return true
  return listed(schema, 'allOf').some((branch) => hasDefault(branch, place, depth + 1))
}

/** What further properties are like. Every declared one must fit an index signature too, so their types are taken in. */
function indexMember(schema: SchemaNode, place: Place, declared: readonly Member[], composed: boolean): Member | undefined {
  const inner = below(place)
  const patterns = members(child(schema, 'patternProperties')).map(([, property]) => place.typeOf(property, inner))
  const additional = child(schema, 'additionalProperties')
  const name = '[key: string]'
  if (patterns.length === 0 && (additional === undefined || typeof additional.value === 'boolean')) {
    const open = additional?.value ?? (declared.length === 0 && !composed)
    return open ? { name, type: anything } : undefined
  }
  const others = additional === undefined || additional.value === false ? [] : [place.typeOf(additional, inner)]
  const undefinedToo = declared.some(({ optional }) => optional) ? [plain('undefined')] : []
  return { name, type: union([...patterns, ...others, ...declared.map(({ type }) => type), ...undefinedToo]) }
}
