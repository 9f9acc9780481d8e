/**
 * Within any run of failures, the failures that a retry follows (429 and 409 apart) are at most 50 + 0.1 x the calls that
 * started or first failed in it: what an outage costs beyond the work itself.
 */
import type { AttemptRecord, CallRecord } from '../world/record.ts'
import type { Invariant, Verdict } from './types.ts'

const floor = 50
const ratio = 0.1

export const retryBudgetHolds: Invariant = {
  name: 'retry-budget-holds',
  judge: (record) => {
    const verdict: Verdict = { checks: 0, violations: [] }
    // Each process has a limiter of its own, and with it a budget.
    for (let process = 0; process <= record.processes; process += 1) {
      const isIts = (call: CallRecord): boolean => call.process === process
      const endings = record.endings.filter(({ call }) => isIts(call))
      judgeProcess(endings, record.calls.filter(isIts), verdict)
    }
    return verdict
  },
}

function judgeProcess(
  endings: readonly AttemptRecord[],
  calls: readonly CallRecord[],
  verdict: Verdict,
): void {
  let run: FailureRun | undefined
  for (const attempt of endings) {
    if (isSuccess(attempt)) {
      run = undefined
      continue
    }
    run ??= new FailureRun(calls, attempt.endedAtMs ?? 0)
    run.add(attempt)
    verdict.checks += 1
    const allowed = floor + ratio * run.callCount(attempt.endedAtMs ?? 0)
    if (run.retried > allowed) {
      verdict.violations.push({
        atMs: attempt.endedAtMs ?? 0,
        message: `${run.retried} failures since ${run.fromMs} were retried, allowed are ${Math.floor(allowed)}`,
      })
      // One a run of failures says enough.
      run = undefined
    }
  }
}

class FailureRun {
  readonly fromMs: number
  retried = 0
  readonly #calls: readonly CallRecord[]
  readonly #failedBefore = new Set<CallRecord>()
  /** The first call that started in the run. */
  readonly #firstStarted: number
  #startedUntil: number

  constructor(calls: readonly CallRecord[], fromMs: number) {
    this.fromMs = fromMs
    this.#calls = calls
    const index = calls.findIndex((call) => call.startedAtMs >= fromMs)
    this.#firstStarted = index < 0 ? calls.length : index
    this.#startedUntil = this.#firstStarted
  }

  add(attempt: AttemptRecord): void {
    const { call, number, status } = attempt
    if (number === 1 && call.startedAtMs < this.fromMs) this.#failedBefore.add(call)
    const isRetried = call.attempts.length > number
    if (isRetried && status !== 429 && status !== 409) this.retried += 1
  }

  /** Calls that started in the run so far, or failed in it for the first time. */
  callCount(nowMs: number): number {
    const calls = this.#calls
    while ((calls[this.#startedUntil]?.startedAtMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      this.#startedUntil += 1
    }
    return this.#startedUntil - this.#firstStarted + this.#failedBefore.size
  }
}

function isSuccess({ status, whole }: AttemptRecord): boolean {
  return status !== undefined && status < 300 && whole
}
