/** A worker that can be asked for something. */
export interface Asked<Said> {
  /** The id of its process: one that takes its place is another. */
  readonly pid: number
  /** Undefined when it is gone before it has answered. */
  ask(): Promise<Said | undefined>
}

/** Milliseconds after which it goes on without a worker; more than an instrument may take. */
const patience = 3000

/** What each worker answers; those that do not answer in time are left out. */
export async function askAll<Said>(workers: Iterable<Asked<Said>>): Promise<Map<number, Said>> {
  const answers = new Map<number, Said>()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patience, undefined)
  })
  const asked = [...workers].map(async ({ pid, ask }) => {
    const answer = await Promise.race([ask(), late])
    if (answer !== undefined) answers.set(pid, answer)
  })
  await Promise.all(asked)
  clearTimeout(timer)
  return answers
}
