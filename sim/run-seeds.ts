/** Runs many seeds, one after the other, and adds up what they found. */
import { createHash } from 'node:crypto'
import type { InvariantName } from './invariants/types.ts'
import { judgeRun, type FoundViolation, type RunOutcome } from './judge.ts'
import type { Scenario } from './scenario/types.ts'
import { sometimes } from './sometimes.ts'
import type { Subject } from './subjects/types.ts'
import type { VirtualTime } from './world/time.ts'

/** The sum of a set of runs. */
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

/** @param onOutcome - Told of every run when it is over. */
export async function runScenarios(
  time: VirtualTime,
  subject: Subject,
  scenarios: Iterable<Scenario>,
  onOutcome: (outcome: RunOutcome) => void,
): Promise<Tally> {
  const hash = createHash('sha256')
  const tally: Tally = {
    runs: 0,
    passed: 0,
    violations: [],
    checks: {},
    sometimes: Object.fromEntries(sometimes.map(({ name }) => [name, 0])),
    traceHash: '',
  }
  for (const scenario of scenarios) {
    const outcome = await judgeRun(time, subject, scenario)
    hash.update(outcome.traceHash)
    addOutcome(tally, outcome)
    onOutcome(outcome)
  }
  tally.traceHash = hash.digest('hex').slice(0, 16)
  return tally
}

function addOutcome(tally: Tally, outcome: RunOutcome): void {
  tally.runs += 1
  if (outcome.violations.length === 0) tally.passed += 1
  tally.violations.push(...outcome.violations)
  for (const [name, count] of Object.entries(outcome.checks)) {
    const invariant = name as InvariantName
    tally.checks[invariant] = (tally.checks[invariant] ?? 0) + count
  }
  for (const name of outcome.met) tally.sometimes[name] = (tally.sometimes[name] ?? 0) + 1
}
