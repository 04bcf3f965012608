import type { Located } from '../documents/document.ts'
import type { SchemaDialect } from '../schemas/dialects.ts'
import type { Resources } from '../schemas/resources.ts'
import { withoutCircles } from './circles.ts'
import { schemaComment } from './doc-comment.ts'
import { type Expression, openName, print, replaceOpenNames } from './expression.ts'
import { noneHidden, type Place } from './place.ts'
import { schemaType } from './schema-type.ts'
import { freeName, typeName } from './type-name.ts'
import { suffixes, type View, views } from './view.ts'

/** The types of all schemas that a project's operations use. */
export interface NamedTypes {
  readonly resources: Resources
  /** The type of a schema; what it refers to gets a name. */
  typeOf(schema: Located, dialect: SchemaDialect, view: View): Expression
  /** Declarations of the named types that were asked for, in order of their names. Nothing may be asked for any more. */
  declarations(): string
  /** Puts the names into text that holds types of `typeOf`. Only after `declarations`. */
  resolve(text: string): string
}

/** A schema that something refers to, and its type by view. */
interface Named {
  readonly schema: Located
  readonly dialect: SchemaDialect
  readonly stem: string
  readonly types: Map<View, string>
}

/** `reserved`: names that mean something else in the file. */
export function createNamedTypes(resources: Resources, reserved: ReadonlySet<string>): NamedTypes {
  const all: Named[] = []
  const numbers = new Map<unknown, Map<string, number>>()
  const waiting: { number: number; view: View }[] = []
  let names: ReadonlyMap<Named, ReadonlyMap<View, string>> = new Map()

  function nameOf(schema: Located, { dialect, view }: Place): Expression {
    const known = numbers.get(schema.document) ?? new Map<string, number>()
    numbers.set(schema.document, known)
    const key = `${dialect.name} ${schema.pointer}`
    let number = known.get(key)
    if (number === undefined) {
      number = all.push({ schema, dialect, stem: typeName(schema), types: new Map() }) - 1
      known.set(key, number)
    }
    const named = all[number] as Named
    if (!named.types.has(view)) {
      named.types.set(view, '')
      waiting.push({ number, view })
    }
    return openName(named.stem, keyOf(number, view))
  }

  function place(dialect: SchemaDialect, view: View): Place {
    return { dialect, view, hidden: noneHidden, resources, typeOf: schemaType, nameOf }
  }

  function declarations(): string {
    const types = new Map<string, Expression>()
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { schema, dialect } = all[next.number] as Named
      types.set(keyOf(next.number, next.view), schemaType(schema, place(dialect, next.view)))
    }
    for (const [key, type] of withoutCircles(types)) {
      const { named, view } = ofKey(key)
      named.types.set(view, print(type))
    }
    const groups = groupViews(all)
    names = chooseNames(groups, reserved)
    return all
      .flatMap((named) =>
        [...new Set(groups.get(named)?.values())].map((view) => ({
          name: nameIn(named, view),
          named,
          text: named.types.get(view) as string,
        })),
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, named, text }) =>
        `${schemaComment(named.schema.value)}export type ${name} = ${resolve(text)}\n`.replace(' = \n', ' =\n'),
      )
      .join('\n')
  }

  function nameIn(named: Named, view: View): string {
    return names.get(named)?.get(view) as string
  }

  function resolve(text: string): string {
    return replaceOpenNames(text, (key) => {
      const { named, view } = ofKey(key)
      return nameIn(named, view)
    })
  }

  function ofKey(key: string): { named: Named; view: View } {
    const [number, view] = key.split(':')
    return { named: all[Number(number)] as Named, view: view as View }
  }

  return { resources, typeOf: (schema, dialect, view) => schemaType(schema, place(dialect, view)), declarations, resolve }
}

function keyOf(number: number, view: View): string {
  return `${number}:${view}`
}

/** For each view of a schema the first one that means the same type. */
type Groups = ReadonlyMap<Named, ReadonlyMap<View, View>>

/**
 * Which views of a schema mean the same type: their texts are the same but for names, and so are the types behind these names. Begins
 * with all views whose texts look alike in one group, and splits groups until nothing tells two views in one apart; recursion is fine.
 */
function groupViews(all: readonly Named[]): Groups {
  let groups: Groups = new Map(
    all.map((named) => [named, splitBy(named, (text) => replaceOpenNames(text, (key) => `#${key.split(':')[0]}`))]),
  )
  for (let size = 0, next = count(groups); next > size; next = count(groups)) {
    size = next
    const before = groups
    const told = (text: string) =>
      replaceOpenNames(text, (key) => {
        const [number, view] = key.split(':')
        return `#${number}:${before.get(all[Number(number)] as Named)?.get(view as View)}`
      })
    groups = new Map(all.map((named) => [named, splitBy(named, told)]))
  }
  return groups
}

function splitBy({ types }: Named, read: (text: string) => string): Map<View, View> {
  const first = new Map<string, View>()
  return new Map(
    views.flatMap((view): [View, View][] => {
      const text = types.get(view)
      if (text === undefined) return []
      const key = read(text)
      if (!first.has(key)) first.set(key, view)
      return [[view, first.get(key) as View]]
    }),
  )
}

function count(groups: Groups): number {
  let sum = 0
  for (const group of groups.values()) sum += new Set(group.values()).size
  return sum
}

/** The first group of a schema has its plain name, the others one that tells whose view it is. */
function chooseNames(groups: Groups, reserved: ReadonlySet<string>): Map<Named, Map<View, string>> {
  const taken = new Set(reserved)
  const names = new Map<Named, Map<View, string>>()
  for (const [named, group] of groups) {
    const byGroup = new Map<View, string>()
    for (const view of new Set(group.values())) {
      const name = freeName(byGroup.size === 0 ? named.stem : named.stem + suffixes[view], taken)
      taken.add(name)
      byGroup.set(view, name)
    }
    names.set(named, new Map([...group].map(([view, first]) => [view, byGroup.get(first) as string])))
  }
  return names
}
