/**
 * A careful retry, of which a subject replaces one step.
 *
 * Each attempt takes a slot; at most `maxRetries` follow the first; only what may pass is tried again, after the delay that
 * the server named and some jitter; the limiter's budget pays for it.
 */
import { giveUp, isSuccess, isTransient, send, type Answer } from './answer.ts'
import { budgetOf, type Budget } from './budget.ts'
import type { Fetch, Limiter, Retry } from './contract.ts'
import { hintMs, hintMsMax } from './hint.ts'
import { defaultBackoff, fullJitterMs, sleep, type Backoff } from './wait.ts'

/** The steps of a call. @internal */
export interface RetrySteps<L extends Limiter = Limiter> {
  /** Asked once a call. */
  budgetOf(limiter: L): Budget
  send(limiter: L, fn: Fetch): Promise<Answer>
  isTransient(status: number): boolean
  /** The wait before the next attempt, of which `jitterMs` is drawn. */
  delayMs(answer: Answer, jitterMs: number): number
  /** Not a step: subjects differ in it, so that no verdict hangs on one choice of numbers. */
  readonly backoff: Backoff
}

const carefulSteps: RetrySteps = {
  budgetOf,
  send,
  isTransient,
  delayMs: ({ headers }, jitterMs) => hintMs(headers) + jitterMs,
  backoff: defaultBackoff,
}

/** A careful retry, but for the steps given. @internal */
export function createRetry<L extends Limiter = Limiter>(
  replaced: Partial<RetrySteps<L>>,
): Retry<L> {
  const steps: RetrySteps<L> = { ...carefulSteps, ...replaced }
  return async function retry<T>(limiter: L, fn: Fetch, maxRetries = 4): Promise<T> {
    const budget = steps.budgetOf(limiter)
    for (let retries = 0; ; retries += 1) {
      const answer = await steps.send(limiter, fn)
      if (isSuccess(answer)) {
        budget.earn(retries)
        return JSON.parse(answer.text) as T
      }
      const mayRetry = steps.isTransient(answer.status) && retries < maxRetries
      if (!mayRetry || !budget.tryPay(answer.status)) throw giveUp(answer, retries)
      const delayMs = steps.delayMs(answer, fullJitterMs(retries, steps.backoff))
      if (delayMs > hintMsMax) throw giveUp(answer, retries)
      await sleep(delayMs)
    }
  }
}
