/**
 * A command, for `spawn` and its like, without what tap injects into the processes that tests start: some programs cannot be loaded
 * with it, the compiler of TypeScript for one.
 */
export function outsideTap(program: string, args: readonly string[]): [string, string[]] {
  return ['env', ['-u', 'NODE_OPTIONS', program, ...args]]
}
