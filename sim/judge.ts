/** One seed from its scenario to its verdicts. */
import type { RunDigest } from './digest.ts'
import { invariants } from './invariants/index.ts'
import type { BoundUse, InvariantName, Violation } from './invariants/types.ts'
import type { Scenario } from './scenario/types.ts'
import { simulate, type SimulateOptions } from './simulate.ts'
import { sometimes } from './sometimes.ts'
import type { Subject } from './subjects/types.ts'
import { takeEscapes, type Escape } from './world/escapes.ts'
import { watchHost } from './world/host-watch.ts'
import type { RunRecord } from './world/record.ts'
import type { VirtualTime } from './world/time.ts'

export interface FoundViolation extends Violation {
  invariant: InvariantName
  seed: number
  /** The run never came to an end, and would not if it were run again. */
  hangs?: true
}

/** What a run found, small enough to be sent between processes. */
export interface RunSummary {
  seed: number
  traceHash: string
  /** The first of each invariant. */
  violations: FoundViolation[]
  checks: Partial<Record<InvariantName, number>>
  /** Names of the "sometimes" that this run met. */
  met: string[]
  /** Its lines in one text, where they are wanted: until it has been compared. */
  traceText?: string
  /** What bounds were computed for it, and what it needed of them. */
  bounds?: BoundUse[]
  /** For the report; undefined where nobody asked for it, or the run never came to an end. */
  digest?: RunDigest
}

/** A run's summary with what is needed to show it. */
export interface RunOutcome extends RunSummary {
  scenario: Scenario
  /** Empty where it was not wanted. */
  trace: readonly string[]
  record: RunRecord
}

/** What left the world is named with its place in the code. */
function judgeEscapes(escapes: readonly Escape[], seed: number): FoundViolation | undefined {
  const [first] = escapes
  if (first === undefined) return undefined
  const message = `no seed decides ${escapes.map(({ what, site }) => `${what} at ${site}`).join('; ')}`
  return { invariant: 'same-seed-same-trace', seed, atMs: first.atMs, message }
}

/** Runs a scenario and judges it by every invariant. */
export async function judgeRun(
  time: VirtualTime,
  subject: Subject,
  scenario: Scenario,
  options?: SimulateOptions,
): Promise<RunOutcome> {
  const isWatched = options?.watchesHost === true && (options.transport ?? 'direct') === 'direct'
  const stopWatch = isWatched ? watchHost() : undefined
  const record = await simulate(time, subject, scenario, options)
  stopWatch?.()
  const violations: FoundViolation[] = []
  const checks: Partial<Record<InvariantName, number>> = {}
  const bounds: BoundUse[] = []
  for (const { name, judge } of invariants) {
    const verdict = judge(record)
    checks[name] = verdict.checks
    bounds.push(...(verdict.bounds ?? []))
    const [first] = verdict.violations
    if (first !== undefined) violations.push({ invariant: name, seed: scenario.seed, ...first })
  }
  const escaped = judgeEscapes(takeEscapes(), scenario.seed)
  if (escaped !== undefined) {
    violations.push(escaped)
    checks[escaped.invariant] = 1
  }
  return {
    seed: scenario.seed,
    traceHash: record.traceHash(),
    violations,
    checks,
    met: sometimes.filter(({ isMet }) => isMet(record)).map(({ name }) => name),
    bounds,
    scenario,
    trace: record.trace,
    record,
  }
}
