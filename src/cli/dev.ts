import { relative } from 'node:path'
import { styleText } from 'node:util'
import type { Diagnostic } from '../documents/diagnostics.ts'
import { type Gateway, type GatewayOptions, type Plan, planGateway } from '../gateway.ts'
import type { Reload } from '../generations.ts'
import type { Changes } from '../model/changes.ts'
import { banner } from './banner.ts'
import type { Command } from './command.ts'
import { report, reportFindings } from './report.ts'
import { portNumber, startPlan, stopOnSignal } from './serve.ts'
import { refreshTypes, usualFile } from './type-file.ts'
import { watchFiles } from './watch.ts'

export const dev: Command = {
  name: 'dev',
  summary: 'serve the API and reload on every edit; a bad edit leaves the last good state serving',
  options: { port: { type: 'string', value: 'N', describe: 'listen here instead of server.port' } },
  async run({ gateway: options, options: { port } }) {
    return serveEdits({ ...options, ...(port !== undefined && { port: portNumber(port as string) }) })
  },
}

/** Serves, and after each edit of a file that was read serves what it says now, until told to stop. */
export async function serveEdits(options: GatewayOptions): Promise<number> {
  const own = { ...options, pretty: true }
  const plan = await firstGoodPlan(own)
  const starting = startPlan(plan)
  const endWatch = reloadOnEdits(plan, starting, own)
  const gateway = await starting
  process.stdout.write(banner(gateway, 'all', process.uptime() * 1000))
  // A terminal that is closed takes along what it started.
  await stopOnSignal(gateway, 'all', ['SIGTERM', 'SIGINT', 'SIGHUP']).finally(endWatch)
  return 0
}

/** Plans until there are no errors; until then nothing is served, and each edit is tried. */
async function firstGoodPlan(options: GatewayOptions): Promise<Plan> {
  let plan = await planGateway(options)
  followTypes(plan)
  if (report(plan)) return plan
  const { promise: edited, resolve } = Promise.withResolvers<Plan>()
  const planAgain = inTurn(async (files) => {
    plan = await planGateway(options)
    watching.follow([plan.inputs()])
    followTypes(plan)
    process.stdout.write(paint('gray', `\nedited: ${shown(files, plan.directory)}\n`))
    if (report(plan)) resolve(plan)
    else process.stdout.write(waiting)
  })
  const watching = watchFiles(planAgain)
  watching.follow([plan.inputs()])
  process.stdout.write(waiting)
  return edited.finally(watching.close)
}

const waiting = paint('red', '\nnothing is served yet: waiting for an edit that repairs it\n')

/** Edits that come while the gateway starts wait for it. Gives a function that ends it. */
function reloadOnEdits(plan: Plan, starting: Promise<Gateway>, options: GatewayOptions): () => void {
  let known = plan.diagnostics
  const advise = options.mock === undefined ? adviser() : () => {}
  starting.then(
    () => advise(plan),
    () => {},
  )
  const reload = inTurn(async (files) => {
    const gateway = await starting
    const tried = await gateway.reload()
    // What a bad edit has read is watched too: its repair may lie there.
    watching.follow([gateway.plan.inputs(), ...(tried.inputs === undefined ? [] : [tried.inputs])])
    reportFindings(newFindings(tried.diagnostics, known), gateway.plan.directory)
    process.stdout.write(`${describeReload(tried, shown(files, gateway.plan.directory))}\n`)
    if (tried.outcome === 'applied') {
      known = tried.diagnostics
      advise(gateway.plan)
    }
    // What is refused because a handler is missing has types all the same: they are what the handler is written by.
    followTypes(tried.outcome === 'refused' ? await planGateway(options) : gateway.plan)
  })
  const watching = watchFiles(reload)
  watching.follow([plan.inputs()])
  return watching.close
}

/** A project with a `gatefold.ts` has it up to date whenever its documents are right. */
function followTypes(plan: Plan): void {
  if (refreshTypes(plan)) process.stdout.write(paint('gray', `wrote ${usualFile}\n`))
}

/** Calls `work` with all files that were edited since it was called last, never twice at once. */
function inTurn(work: (files: string[]) => Promise<void>): (files: string[]) => void {
  const pending = new Set<string>()
  let working = false
  async function run(): Promise<void> {
    working = true
    while (pending.size > 0) {
      const files = [...pending]
      pending.clear()
      await work(files)
    }
    working = false
  }
  return (files) => {
    for (const file of files) pending.add(file)
    if (!working) void run()
  }
}

/**
 * Looks closer at each generation once it serves, and shows what it has found that was not there before. Of what the first one
 * begins with only the number: it is the edits that somebody is at.
 */
function adviser(): (plan: Plan) => void {
  let known: readonly Diagnostic[] | undefined
  let newest: Plan | undefined

  function advise(plan: Plan): void {
    if (plan !== newest) return
    const advice = newFindings(plan.review(), plan.diagnostics)
    if (known !== undefined) reportFindings(newFindings(advice, known), plan.directory)
    else if (advice.length > 0) process.stdout.write(paint('gray', `'gatefold check' advises on ${count(advice.length)}\n`))
    known = advice
  }

  return (plan) => {
    newest = plan
    // What came meanwhile is answered first.
    setImmediate(advise, plan)
  }
}

function count(findings: number): string {
  return findings === 1 ? '1 thing in the documents' : `${findings} things in the documents`
}

/** All errors, and those warnings that were not there before. */
function newFindings(diagnostics: readonly Diagnostic[], known: readonly Diagnostic[]): Diagnostic[] {
  const isKnown = ({ code, message }: Diagnostic) => known.some((other) => other.code === code && other.message === message)
  return diagnostics.filter((finding) => finding.severity === 'error' || !isKnown(finding))
}

/** `generation 4 serves after 87 ms  openapi.yaml  + greet  ~ login  - logout`. */
function describeReload({ outcome, generation, ms, error, changes }: Reload, files: string): string {
  const time = paint('gray', new Date().toLocaleTimeString('en-GB'))
  if (outcome === 'applied') {
    const what = changes === undefined ? '' : describeChanges(changes)
    return `${time} ${paint('green', `generation ${generation}`)} serves after ${Math.round(ms)} ms  ${files}${what}`
  }
  const why = outcome === 'failed' ? `it could not be started: ${error}` : 'the errors are above'
  return `${time} ${paint('red', `generation ${generation} still serves`)}  ${files}: ${why}`
}

function describeChanges({ added, changed, removed }: Changes): string {
  const list = (sign: string, colour: Colour, names: readonly string[]) =>
    names.map((name) => `  ${paint(colour, `${sign} ${name}`)}`)
  return [...list('+', 'green', added), ...list('~', 'yellow', changed), ...list('-', 'red', removed)].join('')
}

function shown(files: readonly string[], directory: string): string {
  return files.map((file) => relative(directory, file)).join(', ')
}

type Colour = 'gray' | 'green' | 'yellow' | 'red'

function paint(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout })
}
