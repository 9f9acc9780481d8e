/** The result as `--json` writes it and as reports/sim/summary.json keeps it: a contract with the outside. */
import { invariants } from '../invariants/index.ts'
import type { Tally } from '../tally.ts'

export interface SimResult {
  subject: string
  profile: string
  runs: number
  passed: number
  violations: {
    invariant: string
    seed: number
    atMs: number
    message: string
    /** A shell command, to which flags can be appended. */
    replay: string
  }[]
  checks: Record<string, number>
  sometimes: Record<string, number>
  traceHash: string
}

/** @param replay - The shell command that runs a seed again. */
export function toResult(
  tally: Tally,
  identity: { subject: string; profile: string },
  replay: (seed: number) => string,
): SimResult {
  const names = [...invariants.map(({ name }) => name), 'same-seed-same-trace' as const]
  return {
    subject: identity.subject,
    profile: identity.profile,
    runs: tally.runs,
    passed: tally.passed,
    violations: tally.violations.map(({ invariant, seed, atMs, message }) => ({
      invariant,
      seed,
      atMs,
      message,
      replay: replay(seed),
    })),
    checks: Object.fromEntries(names.map((name) => [name, tally.checks[name] ?? 0])),
    sometimes: tally.sometimes,
    traceHash: tally.traceHash,
  }
}
