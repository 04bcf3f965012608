#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Whoever reads the output may have seen enough of it (`gatefold schema | head`).
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}

// Modules are compiled once for all starts: a third of the time that a start takes. It must be on before they are loaded.
enableCompileCache()
const { main } = await import('./command-line.ts')
process.exitCode = await main(process.argv.slice(2))
