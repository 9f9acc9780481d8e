/** All invariants that judge a single run. Determinism is judged across runs, in sim/determinism.ts. */
import { abortIsPrompt } from './abort-is-prompt.ts'
import { accountingAddsUp } from './accounting-adds-up.ts'
import { adaptsToRefusals } from './adapts-to-refusals.ts'
import { attemptsAreBounded } from './attempts-are-bounded.ts'
import { concurrencyCapsHold } from './concurrency-caps-hold.ts'
import { drainsAfterFaults } from './drains-after-faults.ts'
import { everyCallSettlesOnce } from './every-call-settles-once.ts'
import { fallbackIsTried } from './fallback-is-tried.ts'
import { fifoWithinKey } from './fifo-within-key.ts'
import { findsTheRate } from './finds-the-rate.ts'
import { givesUpForAReason } from './gives-up-for-a-reason.ts'
import { neverExceedsQuota } from './never-exceeds-quota.ts'
import { nothingLeftBehind } from './nothing-left-behind.ts'
import { onlyRetryableIsRetried } from './only-retryable-is-retried.ts'
import { overloadKeepsTheRate } from './overload-keeps-the-rate.ts'
import { permitsAreConserved } from './permits-are-conserved.ts'
import { resultsMatchRequests } from './results-match-requests.ts'
import { retryAfterIsHonoured } from './retry-after-is-honoured.ts'
import { retryBudgetHolds } from './retry-budget-holds.ts'
import { throughputRecovers } from './throughput-recovers.ts'
import type { Invariant } from './types.ts'
import { usesTheQuota } from './uses-the-quota.ts'
import { waitsAfterAConflict } from './waits-after-a-conflict.ts'

export const invariants: readonly Invariant[] = [
  neverExceedsQuota,
  concurrencyCapsHold,
  fifoWithinKey,
  everyCallSettlesOnce,
  retryAfterIsHonoured,
  onlyRetryableIsRetried,
  attemptsAreBounded,
  givesUpForAReason,
  retryBudgetHolds,
  permitsAreConserved,
  abortIsPrompt,
  nothingLeftBehind,
  resultsMatchRequests,
  fallbackIsTried,
  waitsAfterAConflict,
  accountingAddsUp,
  usesTheQuota,
  drainsAfterFaults,
  throughputRecovers,
  adaptsToRefusals,
  overloadKeepsTheRate,
  findsTheRate,
]
