/** `npm run bench -- [http|profile|quick|tasks] …`: runs one of the measurements; `http` when none is named. */
import { readdirSync } from 'node:fs'

const [word = 'http', ...rest] = process.argv.slice(2)
const named = !word.startsWith('-')
const name = named ? word : 'http'
const measurements = readdirSync(import.meta.dirname).flatMap((file) =>
  /\.ts$/.test(file) && file !== 'run.ts' ? file.slice(0, -3) : [],
)
if (measurements.includes(name)) {
  process.argv.splice(2, Infinity, ...(named ? rest : [word, ...rest]))
  await import(`./${name}.ts`)
} else {
  console.error(`there is no measurement '${name}'; there are ${measurements.join(', ')}`)
  process.exitCode = 2
}
