import manifest from '../../package.json' with { type: 'json' }
import type { Diagnostic } from '../documents/diagnostics.ts'
import type { GatewayState, Reload } from '../generations.ts'
import type { HealthChecks } from '../services/health.ts'

/** Which process this is, which generation it serves, what came of the last reload, and how its services are. */
export async function describeState(
  state: GatewayState,
  health: HealthChecks,
  worker: number | undefined,
): Promise<Record<string, unknown>> {
  const { generation, since, draining, changes, lastReload } = state
  return {
    process: {
      version: manifest.version,
      node: process.version,
      pid: process.pid,
      worker: worker ?? null,
      primary: worker === undefined ? null : process.ppid,
      started_at: new Date(Date.now() - process.uptime() * 1000).toISOString(),
      memory_bytes: process.memoryUsage.rss(),
    },
    generation: { number: generation, since: since.toISOString(), draining, changes: changes ?? null },
    last_reload: lastReload === undefined ? null : describeReload(lastReload),
    services: await health.all(),
  }
}

function describeReload({ at, ms, outcome, error, diagnostics }: Reload): Record<string, unknown> {
  return { at: at.toISOString(), ms, outcome, error: error ?? null, diagnostics: diagnostics.map(describeDiagnostic) }
}

function describeDiagnostic({ severity, code, message, hint, at }: Diagnostic): Record<string, unknown> {
  const place = at === undefined ? null : `${at.file}:${at.line}:${at.column}`
  return { severity, code, message, hint: hint ?? null, at: place }
}
