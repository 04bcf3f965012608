import pg from 'pg'

const { INT8, DATE, TIMESTAMP } = pg.types.builtins
/** OIDs of the array types, which node-postgres' table of names lacks (pg_type.dat). */
const int8Array = 1016
const dateArray = 1182
const timestampArray = 1115
const textArray = 1009

/**
 * How values come out of both kinds of database. Differs from node-postgres' defaults where those surprise:
 * `int8` is a number as long as that is exact, and what has no time zone is not given this machine's.
 */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg.types.getTypeParser(oid, 'binary')
    switch (oid as number) {
      case INT8:
        return parseInt8
      case int8Array:
        return (text: string) => parseTextArray(text).map((item) => (typeof item === 'string' ? parseInt8(item) : item))
      case DATE:
      case TIMESTAMP:
        return (text: string) => text
      case dateArray:
      case timestampArray:
        return parseTextArray
      default:
        return pg.types.getTypeParser(oid)
    }
  },
}

function parseInt8(text: string): number | string {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

function parseTextArray(text: string): unknown[] {
  return pg.types.getTypeParser(textArray as number)(text) as unknown[]
}
