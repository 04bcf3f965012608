import t from 'tap'
import { check } from '../../src/cli/check.ts'
import { type Command, readWords, runCommand, UsageError } from '../../src/cli/command.ts'
import { explain } from '../../src/cli/explain.ts'
import { start } from '../../src/cli/start.ts'
import { token } from '../../src/cli/token.ts'

t.test('words that make no sense', async (t) => {
  const wrong: [command: Command, words: string[], message: string][] = [
    [check, ['--fromat', 'json'], "'check' has no option '--fromat'; did you mean '--format'?"],
    [check, ['-x'], "'check' has no option '-x'"],
    [check, ['--format'], "'--format' needs FORMAT"],
    [check, ['--format', '--env'], "'--format' needs FORMAT"],
    [check, ['-C'], "'--directory' needs DIR"],
    [check, ['--format', 'xml'], "'xml' is no format; there are: pretty, json, github"],
    [check, ['this'], "'check' takes no 'this'"],
    [check, ['-C', './absent'], "there is no directory './absent'"],
    [check, ['-C', import.meta.filename], `there is no directory '${import.meta.filename}'`],
    [explain, [], "'explain' needs <operationId>"],
    [explain, ['one', 'two'], "'explain' takes no 'two'"],
    [start, ['--port', '80000'], "'80000' is no port; give a number from 0 to 65535"],
    [start, ['--port', ''], "'' is no port; give a number from 0 to 65535"],
    [start, ['--role', 'wrker'], "'wrker' is no role; roles are all, api and worker"],
    [token, ['--subject', ''], "'token' needs --subject"],
    [token, ['--subject', 'ada', '--expires-in', 'soon'], "'soon' is no duration; write 30m, 12h or 7d"],
  ]
  for (const [command, words, message] of wrong) {
    await t.rejects(runCommand(command, words), new UsageError(message), `${command.name} ${words.join(' ')}`)
  }
})

t.test('finds the command among the options that all commands have', async (t) => {
  t.strictSame(readWords(['check', '--format', 'json']), { name: 'check', args: ['--format', 'json'] })
  t.strictSame(readWords(['-C', 'there', '--env=test', 'check']), { name: 'check', args: ['-C', 'there', '--env=test'] })
  t.strictSame(readWords(['--help']), { name: undefined, args: ['--help'] })
  t.strictSame(readWords([]), { name: undefined, args: [] })
})
