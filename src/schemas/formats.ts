import type { Format } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
export const formatDescriptions: ReadonlyMap<string, string> = new Map()
const isInt32 = (value: number) => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31
const isInt64 = (value: number) => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63

/** Formats that are asserted; those that are not listed are annotations only (JSON Schema 2020-12 section 7.2.3). */
export const formats: Readonly<Record<string, Format>> = {
  ...(fullFormats as Record<string, Format>),
  int32: { type: 'number', validate: isInt32 },
  int64: { type: 'number', validate: isInt64 },
  float: { type: 'number', validate: Number.isFinite },
  double: { type: 'number', validate: Number.isFinite },
  binary: true,
  password: true,
}
