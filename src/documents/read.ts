import type { Diagnostics } from './diagnostics.ts'
import type { Document, Located } from './document.ts'
import { pointerTokens } from './document.ts'
import { countMembers, findDuplicates, jsonPlaces } from './json.ts'
import { findJsonError } from './json-syntax.ts'
import { createPositions, type FindPlace } from './places.ts'
import { readSource } from './source.ts'
import { duplicateKey, parseYaml, type SyntaxFinding, yamlPlaces } from './yaml.ts'

/** The YAML parser needs 0.4 s for each MiB; JSON is read a hundred times faster. */
const maxYamlLength = 12 * 1024 * 1024
/** Deeper nesting is never meant and would exhaust the stack of whoever walks through it. */
const maxDepth = 500

interface Parsed {
  value: unknown
  findings: SyntaxFinding[]
  places: (text: string) => FindPlace
}

/**
 * Reads one YAML or JSON file. Everything that is wrong with it is reported; undefined then. `name` is the path that
 * people see; `from` is the value that names the file, where there is one.
 */
export function readDocument(file: string, name: string, diagnostics: Diagnostics, from?: Located): Document | undefined {
  const text = readSource(file, name, diagnostics, from)
  return text === undefined ? undefined : parseDocument(file, name, text, diagnostics)
}

/** Like `readDocument`, for a text that is at hand already. */
export function parseDocument(file: string, name: string, text: string, diagnostics: Diagnostics): Document | undefined {
  const position = createPositions(name, text)
  const parsed = parseText(file, text)
  for (const { severity, code, span, message, hint } of parsed.findings)
    diagnostics[severity](code, position(span), message, hint)
  if (parsed.findings.some((finding) => finding.severity === 'error')) return undefined
  let find: FindPlace | undefined
  return {
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
}

function parseText(file: string, text: string): Parsed {
  const isJson = file.toLowerCase().endsWith('.json')
  if (/^\s*(?:#.*\s*)*$/.test(text.slice(0, 4096)) && text.trim() === '') return failed('empty-document', 0, 'the file is empty')
  try {
    // JSON is YAML as well, whatever the file is called, and reads much faster as what it is.
    if (isJson || text.trimStart().startsWith('{')) return checkJson(text, JSON.parse(text))
  } catch {
    if (isJson) {
      const { offset, message, hint } = findJsonError(text)
      return failed('json-syntax', offset, message, hint)
    }
  }
  return readYaml(text)
}

function readYaml(text: string): Parsed {
  if (text.length > maxYamlLength) {
    const size = Math.ceil(text.length / 1024 / 1024)
    return failed(
      'file-too-large',
      0,
      `the file has ${size} MiB; YAML of up to ${maxYamlLength / 1024 / 1024} MiB is read`,
      'Convert it to JSON, which reads faster.',
    )
  }
  try {
    const { value, findings } = parseYaml(text)
    if (findings.some((finding) => finding.severity === 'error')) return { value, findings, places: yamlPlaces }
    if (value === null || value === undefined) return failed('empty-document', 0, 'the file holds nothing but comments')
    return { value, findings, places: yamlPlaces }
  } catch {
    // The parser recurses; a text that is nested beyond reason ends in a RangeError.
    return failed('too-deep', 0, `the document is nested deeper than ${maxDepth} levels`)
  }
}

function checkJson(text: string, value: unknown): Parsed {
  const members = countKeys(value)
  if (members === undefined) return failed('too-deep', 0, `the document is nested deeper than ${maxDepth} levels`)
  const findings = countMembers(text) === members ? [] : findDuplicates(text).map(({ name, key }) => duplicateKey(name, key))
  return { value, findings, places: jsonPlaces }
}

/** The number of object members in a JSON value; undefined when it is nested too deep. */
function countKeys(value: unknown): number | undefined {
  let count = 0
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return undefined
    const next: unknown[] = []
    for (const node of level) {
      if (typeof node !== 'object' || node === null) continue
      const values = Object.values(node)
      if (!Array.isArray(node)) count += values.length
      for (const member of values) if (typeof member === 'object' && member !== null) next.push(member)
    }
    level = next
  }
  return count
}

function failed(code: string, offset: number, message: string, hint?: string): Parsed {
  const finding: SyntaxFinding = {
    severity: 'error',
    code,
    span: { start: offset, end: offset + 1 },
    message,
    ...(hint !== undefined && { hint }),
  }
  return { value: undefined, findings: [finding], places: jsonPlaces }
}
