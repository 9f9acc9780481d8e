/**
 * A retry alone, for whatever limiter: equal jitter (half of the backoff is certain, half is drawn), and a budget that is
 * filled by calls, not by successes.
 *
 * Why it is right. Each attempt takes a slot and gives it back once, when headers come or the request fails. At most
 * `maxRetries` follow the first. `Retry-After` is a floor reckoned from after the answer came: seconds, or a date by the
 * wall clock; half the backoff comes on top, and what is neither is no hint. 400s and the like end the call at once. The budget per
 * limiter starts at 10, holds 40 and gets 0.1 per call, so a run of failures has at most 40 + 0.1 x calls retries in it; a
 * 429 costs nothing, the server has named its price. Every body is read, also of failed answers; every promise is
 * awaited; nothing outlives the call.
 */
import type { Fetch, Limiter } from '../../parts/contract.ts'
import { sleep } from '../../parts/wait.ts'

export const relevantChecks: readonly string[] = [
  'retry-after-is-honoured',
  'only-retryable-is-retried',
  'attempts-are-bounded',
  'retry-budget-holds',
  'every-call-settles-once',
  'nothing-left-behind',
]

type Outcome<T> =
  | { done: true; body: T }
  | { done: false; error: Error; floorMs: number; isFree: boolean }

const transientStatuses = new Set([408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529])
const hintMsMax = 15 * 60_000
const budgets = new WeakMap<Limiter, number>()

function deposit(limiter: Limiter, amount: number): void {
  budgets.set(limiter, Math.min(40, (budgets.get(limiter) ?? 10) + amount))
}

function withdraw(limiter: Limiter, cause: Error): void {
  const left = budgets.get(limiter) ?? 10
  if (left < 1) throw new Error('retry budget spent', { cause })
  budgets.set(limiter, left - 1)
}

export async function retry<T>(limiter: Limiter, fn: Fetch, maxRetries = 4): Promise<T> {
  deposit(limiter, 0.1)
  let backoffMs = 800
  for (let retriesLeft = maxRetries; ; retriesLeft -= 1) {
    const outcome = await attempt<T>(limiter, fn)
    if (outcome.done) return outcome.body
    if (retriesLeft <= 0) throw new Error('no retries left', { cause: outcome.error })
    if (!outcome.isFree) withdraw(limiter, outcome.error)
    const delayMs = outcome.floorMs + backoffMs / 2 + (Math.random() * backoffMs) / 2
    await sleep(delayMs)
    backoffMs = Math.min(backoffMs * 2, 16_000)
  }
}

/** Throws for what a retry cannot cure. */
async function attempt<T>(limiter: Limiter, fn: Fetch): Promise<Outcome<T>> {
  const permit = await limiter.acquire()
  try {
    const response = await fn().finally(() => permit?.release?.())
    if (response.ok) return { done: true, body: await response.json() }
    await response.arrayBuffer().catch(() => undefined)
    const error = new Error(`status ${response.status}`)
    const floorMs = readHint(response.headers.get('retry-after'))
    if (!transientStatuses.has(response.status) || floorMs > hintMsMax) throw error
    return { done: false, error, floorMs, isFree: response.status === 429 }
  } catch (error) {
    if (error instanceof TypeError) return { done: false, error, floorMs: 0, isFree: false }
    throw error
  }
}

function readHint(hint: string | null): number {
  if (hint === null) return 0
  if (/^\d+$/.test(hint)) return Number(hint) * 1000
  const isDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(hint)
  return isDate ? Math.max(0, Date.parse(hint) - Date.now()) : 0
}
