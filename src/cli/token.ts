import { parseDuration } from '../config/units.ts'
import { type Plan, planGateway } from '../gateway.ts'
import { type Command, UsageError } from './command.ts'
import { report } from './report.ts'

export const token: Command = {
  name: 'token',
  summary: 'print a signed access token for trying things locally',
  options: {
    subject: { type: 'string', value: 'S', describe: 'who is calling (required)' },
    role: { type: 'string', multiple: true, value: 'R', describe: 'a role of theirs; may be repeated' },
    scheme: { type: 'string', value: 'NAME', describe: 'the security scheme, when there are several' },
    'expires-in': { type: 'string', value: 'DURATION', default: '1h', describe: 'how long it is good (default: 1h)' },
  },
  async run({ gateway, options }) {
    const { subject, role, scheme } = options
    if (typeof subject !== 'string' || subject === '') throw new UsageError("'token' needs --subject")
    const plan = await planGateway(gateway)
    if (!report(plan)) return 1
    const signed = await signToken(
      plan,
      subject,
      (role ?? []) as string[],
      scheme as string | undefined,
      lifetime(options['expires-in'] as string),
    )
    process.stdout.write(`${signed}\n`)
    return 0
  },
}

function lifetime(text: string): number {
  try {
    return parseDuration(text)
  } catch {
    throw new UsageError(`'${text}' is no duration; write 30m, 12h or 7d`)
  }
}

/** Signs with the gateway's own key; only the keys are started, so a running gateway is not disturbed. */
async function signToken(
  plan: Plan,
  subject: string,
  roles: readonly string[],
  named: string | undefined,
  expiresIn: number,
): Promise<string> {
  const schemes = Object.entries(plan.config.authentication).flatMap(([name, { jwt }]) =>
    jwt === undefined ? [] : [{ name, jwt }],
  )
  const scheme = named === undefined ? schemes[0] : schemes.find(({ name }) => name === named)
  const { keys } = plan.services
  if (scheme === undefined || keys === undefined) {
    const known = schemes.map(({ name }) => name).join(', ')
    throw new UsageError(
      named === undefined
        ? 'no bearer scheme is configured'
        : `there is no bearer scheme '${named}'; there are: ${known || '(none)'}`,
    )
  }
  // Standard output is for the token alone.
  plan.log.log.level = 'silent'
  // Standard output is the token's alone.
  plan.log.log.level = 'silent'
  await keys.start?.()
  return keys.sign({ sub: subject, [scheme.jwt.rolesClaim]: roles }, { scheme: scheme.name, expiresIn })
}
