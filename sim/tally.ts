/** Adds up what a set of runs found. */
import { createHash } from 'node:crypto'
import type { InvariantName } from './invariants/types.ts'
import type { FoundViolation, RunSummary } from './judge.ts'
import { sometimes } from './sometimes.ts'

export interface Tally {
  runs: number
  /** Runs without a violation. */
  passed: number
  violations: FoundViolation[]
  checks: Partial<Record<InvariantName, number>>
  /** How many runs met each. */
  sometimes: Record<string, number>
  /** Over all runs in order. */
  traceHash: string
}

/** @param summaries - In the order of their seeds: the trace hash depends on it. */
export function addUp(summaries: readonly RunSummary[]): Tally {
  const hash = createHash('sha256')
  // One run's hash is its own, so that a replay shows the one that was printed.
  const only = summaries.length === 1 ? summaries[0] : undefined
  const tally: Tally = {
    runs: summaries.length,
    passed: summaries.filter(({ violations }) => violations.length === 0).length,
    violations: summaries.flatMap(({ violations }) => violations),
    checks: {},
    sometimes: Object.fromEntries(sometimes.map(({ name }) => [name, 0])),
    traceHash: '',
  }
  for (const summary of summaries) {
    hash.update(summary.traceHash)
    addCounts(tally, summary)
  }
  tally.traceHash = only === undefined ? hash.digest('hex').slice(0, 16) : only.traceHash
  return tally
}

function addCounts(tally: Tally, summary: RunSummary): void {
  for (const [name, count] of Object.entries(summary.checks)) {
    const invariant = name as InvariantName
    tally.checks[invariant] = (tally.checks[invariant] ?? 0) + count
  }
  for (const name of summary.met) tally.sometimes[name] = (tally.sometimes[name] ?? 0) + 1
}
