import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Position } from '../documents/document.ts'
import { createPositions } from '../documents/places.ts'

/** Where a module exports a name, as it is usually written; its beginning where it is written otherwise. `file` is as shown to people. */
export function exportPlace(projectDirectory: string, file: string, name: string): Position {
  const text = readText(resolve(projectDirectory, file))
  const plain = name.replace(/[^\p{L}\p{N}_]/gu, '\\$&')
  const declared = new RegExp(
    `^export\\s+(?:(?:async\\s+)?function\\s*\\*?|const|let|var|class)\\s+(?<name>${plain})(?![\\p{L}\\p{N}_$])`,
    'dmu',
  )
  const listed = new RegExp(`^export\\s*\\{[^}]*?(?<![\\p{L}\\p{N}_$])(?<name>${plain})\\s*[,}]`, 'dmu')
  const [start, end] = (declared.exec(text) ?? listed.exec(text))?.indices?.groups?.name ?? [0, 0]
  return createPositions(file, text)({ start, end })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
