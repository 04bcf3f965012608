import type { DiagnosticCode } from './diagnostic-codes.ts'
import type { Diagnostics } from './diagnostics.ts'
import type { Document, Located } from './document.ts'
import { pointerTokens } from './document.ts'
import { duplicateKey, hasErrors, maxDepth, type SyntaxFinding, tooDeep } from './findings.ts'
import { countMembers, findDuplicates, jsonPlaces } from './json.ts'
import { findJsonError } from './json-syntax.ts'
import { createPositions, type FindPlace } from './places.ts'
import { readSource } from './source.ts'
import { parseYaml } from './yaml.ts'
import { yamlPlaces } from './yaml-places.ts'

/** The YAML parser needs half a second for each MiB; JSON is read a hundred times faster. */
const maxYamlLength = 8 * 1024 * 1024

interface Parsed {
  value: unknown
  findings: SyntaxFinding[]
  places: (text: string) => FindPlace
}

export interface ReadOptions {
  /** The value that names the file, where there is one. */
  from?: Located | undefined
  /** The document as it was read before: with the same text it is the same document. */
  known?: Document | undefined
}

/** Reads one YAML or JSON file. Everything that is wrong with it is reported; undefined then. `name` is the path that people see. */
export function readDocument(
  file: string,
  name: string,
  diagnostics: Diagnostics,
  { from, known }: ReadOptions = {},
): Document | undefined {
  const text = readSource(file, name, diagnostics, from)
  return text === undefined ? undefined : parseDocument(file, name, text, diagnostics, known)
}

/** What documents were made of, with the findings that are to be reported each time. */
const parsedDocuments = new WeakMap<Document, Parsed>()

/** Like `readDocument`, for a text that is at hand already. */
export function parseDocument(
  file: string,
  name: string,
  text: string,
  diagnostics: Diagnostics,
  known?: Document,
): Document | undefined {
  const position = createPositions(name, text)
  const before = known?.text === text ? known : undefined
  const parsed = (before && parsedDocuments.get(before)) ?? parseText(file, text)
  for (const { severity, code, span, message, hint } of parsed.findings)
    diagnostics[severity](code, position(span), message, hint)
  if (hasErrors(parsed.findings)) return undefined
  if (before !== undefined) return before
  let find: FindPlace | undefined
  const document: Document = {
    file,
    name,
    text,
    value: parsed.value,
    locate(pointer, what = 'value') {
      find ??= parsed.places(text)
      const place = find(pointerTokens(pointer))
      return position(what === 'key' ? (place.key ?? place.value) : place.value)
    },
  }
  parsedDocuments.set(document, parsed)
  return document
}

function parseText(file: string, text: string): Parsed {
  const isJson = file.toLowerCase().endsWith('.json')
  if (text.trim() === '') return failed({ code: 'empty-document', message: 'the file is empty' })
  // JSON is YAML as well, whatever the file is called, and reads much faster as what it is.
  const json = isJson || text.trimStart().startsWith('{') ? parseJson(text) : undefined
  if (json !== undefined) return checkJson(text, json.value)
  if (!isJson) return readYaml(text)
  const { offset, message, hint } = findJsonError(text.trimEnd())
  return failed({ code: 'json-syntax', message, ...(hint !== undefined && { hint }) }, offset)
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function readYaml(text: string): Parsed {
  if (text.length > maxYamlLength) {
    const message = `the file has ${mebibytes(text.length)} MiB; YAML of up to ${mebibytes(maxYamlLength)} MiB is read`
    return failed({ code: 'file-too-large', message, hint: 'Convert it to JSON, which reads faster.' })
  }
  try {
    const { value, findings } = parseYaml(text)
    if (value === null) return failed({ code: 'empty-document', message: 'the file holds no value, only comments' })
    return { value, findings, places: yamlPlaces }
  } catch (error) {
    // The parser recurses: what is nested beyond reason ends in a RangeError.
    if (error instanceof RangeError) return failed(tooDeep({ start: 0, end: 1 }))
    return failed({ code: 'yaml-syntax', message: `the file cannot be read as YAML: ${(error as Error).message}` })
  }
}

function checkJson(text: string, value: unknown): Parsed {
  const members = countKeys(value)
  if (members === undefined) return failed(tooDeep({ start: 0, end: 1 }))
  // Duplicates are looked for only when the value has fewer members than the text: counting is cheap, comparing is not.
  const findings = countMembers(text) === members ? [] : findDuplicates(text).map(({ name, key }) => duplicateKey(name, key))
  return { value, findings, places: jsonPlaces }
}

/** The number of object members in a JSON value; undefined when it is nested too deep. */
function countKeys(value: unknown): number | undefined {
  let count = 0
  let level: unknown[] = typeof value === 'object' ? [value] : []
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return undefined
    const next: unknown[] = []
    for (const node of level) {
      if (Array.isArray(node)) {
        for (const item of node) if (typeof item === 'object' && item !== null) next.push(item)
      } else {
        // What JSON.parse makes inherits nothing enumerable, and for-in needs no list of the keys.
        for (const key in node as Record<string, unknown>) {
          count++
          const member = (node as Record<string, unknown>)[key]
          if (typeof member === 'object' && member !== null) next.push(member)
        }
      }
    }
    level = next
  }
  return count
}

function failed(finding: { code: DiagnosticCode; message: string; hint?: string }, offset = 0): Parsed {
  return {
    value: undefined,
    findings: [{ severity: 'error', span: { start: offset, end: offset + 1 }, ...finding }],
    places: jsonPlaces,
  }
}

function mebibytes(length: number): number {
  return Math.ceil(length / 1024 / 1024)
}
