import type { CustomTypesConfig } from 'pg'
import { pg } from './pg.ts'

/** OIDs (pg_type.dat); node-postgres' own table of names lacks the array types. */
const int8 = 20
const date = 1082
const timestamp = 1114
const int8Array = 1016
const dateArray = 1182
const timestampArray = 1115
const textArray = 1009

/**
 * How values come out of both kinds of database. Differs from node-postgres' defaults where those surprise:
 * `int8` is a number as long as that is exact, and what has no time zone is not given this machine's.
 */
export const valueTypes: CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg().types.getTypeParser(oid, 'binary')
    switch (oid) {
      case int8:
        return parseInt8
      case int8Array:
        return (text: string) => parseTextArray(text).map((item) => (typeof item === 'string' ? parseInt8(item) : item))
      case date:
      case timestamp:
        return (text: string) => text
      case dateArray:
      case timestampArray:
        return parseTextArray
      default:
        return pg().types.getTypeParser(oid)
    }
  },
}

function parseInt8(text: string): number | string {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

function parseTextArray(text: string): unknown[] {
  return pg().types.getTypeParser(textArray as number)(text) as unknown[]
}
