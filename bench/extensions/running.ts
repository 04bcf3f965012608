import { pathToFileURL } from 'node:url'

const main = process.argv[1] as string

/** The Gatefold that runs: the package, or the sources where somebody profiles those. Replies of another copy would not be known to it. */
const index = new URL(main.endsWith('.ts') ? '../index.ts' : 'index.js', pathToFileURL(main))

export const { definePolicy, fromKoa, Type }: typeof import('../../src/index.ts') = await import(index.href)
