#!/usr/bin/env node
// As a whole: an older Node would not find all of it, and must get as far as being told so.
import module from 'node:module'
import manifest from '../../package.json' with { type: 'json' }

const needed = Number(/\d+/.exec(manifest.engines.node)?.[0])
if (Number.parseInt(process.versions.node, 10) < needed) {
  process.stderr.write(
    `gatefold: this is Node ${process.versions.node}, and Node ${needed} or newer is needed. Install it, or run 'npm install --save-dev node@${needed}' in your project, whose npm scripts use that one.\n`,
  )
  process.exit(1)
}

/** False while the command works. */
let finished = false

// Whoever reads the output may have seen enough of it (`gatefold schema | head`).
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    finished = true
    process.exit()
  })
}

// Modules are compiled once for all starts: a third of the time that a start takes. It must be on before they are loaded.
module.enableCompileCache()
const { main } = await import('./command-line.ts')

// Modules of a project are loaded by most commands; one that ends the process must not look like success.
process.once('exit', (code) => {
  if (finished || code !== 0) return
  process.stderr.write('gatefold: a module of the project ended the process\n')
  process.exitCode = 1
})
const code = await main(process.argv.slice(2))
finished = true
// A module of the project may hold timers or connections, and so may a request that was cut off; once everything is written nothing is waited for.
process.stderr.write('', () => process.stdout.write('', () => process.exit(code)))
