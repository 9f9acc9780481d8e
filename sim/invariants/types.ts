/** How an invariant is judged: a pure function of what happened. */
import type { RunRecord } from '../world/record.ts'

/** The names are a contract: output, reports and documents use them. */
export type InvariantName =
  | 'never-exceeds-quota'
  | 'concurrency-caps-hold'
  | 'fifo-within-key'
  | 'every-call-settles-once'
  | 'retry-after-is-honoured'
  | 'only-retryable-is-retried'
  | 'attempts-are-bounded'
  | 'gives-up-for-a-reason'
  | 'retry-budget-holds'
  | 'permits-are-conserved'
  | 'abort-is-prompt'
  | 'nothing-left-behind'
  | 'results-match-requests'
  | 'fallback-is-tried'
  | 'waits-after-a-conflict'
  | 'accounting-adds-up'
  | 'uses-the-quota'
  | 'drains-after-faults'
  | 'throughput-recovers'
  | 'adapts-to-refusals'
  | 'overload-keeps-the-rate'
  | 'finds-the-rate'
  | 'same-seed-same-trace'

export interface Violation {
  /** Virtual milliseconds at which it shows. */
  atMs: number
  message: string
}

/** A computed bound and how much of it was needed, both in milliseconds from where nothing new goes wrong and nothing new begins. */
export interface BoundUse {
  what: 'drained' | 'long run' | 'recovered'
  /** Undefined where it never came to that. */
  actualMs: number | undefined
  boundMs: number
}

export interface Verdict {
  /** How many things were looked at; 0 where the run gave nothing to judge. */
  checks: number
  /** In the order of time; empty where the invariant holds. */
  violations: Violation[]
  /** What the invariant measured against computed bounds, for the report. */
  bounds?: BoundUse[]
}

export interface Invariant {
  name: InvariantName
  judge: (record: RunRecord) => Verdict
}

/** A verdict over items, each of which is right or says what is wrong with it. */
export function judgeEach<T>(
  items: Iterable<T>,
  findWrong: (item: T) => Violation | undefined,
): Verdict {
  const verdict: Verdict = { checks: 0, violations: [] }
  for (const item of items) {
    verdict.checks += 1
    const violation = findWrong(item)
    if (violation !== undefined) verdict.violations.push(violation)
  }
  return verdict
}

/** For runs that give the invariant nothing to judge. */
export const notJudged: Verdict = Object.freeze({ checks: 0, violations: [] })
