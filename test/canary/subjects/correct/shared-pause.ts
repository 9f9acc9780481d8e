/**
 * A limiter and a retry that belong together: a 429 pauses the limiter for all callers until the server's time.
 *
 * Why it is right. The limiter is a log of grants that holds each for W + bound + drift, so that L + 1 grants span at least
 * that and at most L requests are counted in any window of W (fixed, sliding or a bucket of L; 13 ms cover 100 ppm). A
 * pause only delays grants; it is never shortened by a later, shorter one; it ends by a re-checked timer. The call that was refused waits for
 * its own delay and some jitter, and then at the end of the line for a slot, so it is neither early nor unpaid for. The
 * date of a hint is read against the answer's own `Date`, both clocks being the server's, and against ours where that is
 * missing. The budget (capacity 40, start 10) is the limiter's, 429s are exempt, bodies are read, attempts are counted.
 */
import { giveUp, isSuccess, isTransient, readAnswer } from '../../parts/answer.ts'
import { RetryBudget } from '../../parts/budget.ts'
import type { Fetch, LimiterOptions } from '../../parts/contract.ts'
import { hintMs, hintMsMax, serverTimeMs } from '../../parts/hint.ts'
import { fullJitterMs, sleep } from '../../parts/wait.ts'

export const relevantChecks: readonly string[] = [
  'never-exceeds-quota',
  'fifo-within-key',
  'retry-after-is-honoured',
  'only-retryable-is-retried',
  'attempts-are-bounded',
  'retry-budget-holds',
  'every-call-settles-once',
  'nothing-left-behind',
]

class PausableLog {
  readonly retryBudget: RetryBudget = new RetryBudget()
  readonly #max: number
  readonly #holdMs: number
  readonly #grants: number[] = []
  readonly #queue: (() => void)[] = []
  #pausedUntil: number = -Infinity
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(max: number, holdMs: number) {
    this.#max = max
    this.#holdMs = holdMs
  }

  acquire(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      if (this.#timer === undefined) this.#serve()
    })
  }

  pause(delayMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + delayMs)
  }

  #serve(): void {
    this.#timer = undefined
    const now = performance.now()
    while (this.#queue.length > 0 && this.#waitMs(now) <= 0) {
      this.#grants.push(now)
      if (this.#grants.length > this.#max) this.#grants.shift()
      this.#queue.shift()?.()
    }
    if (this.#queue.length === 0) return
    this.#timer = setTimeout(() => this.#serve(), Math.ceil(this.#waitMs(now)))
  }

  #waitMs(now: number): number {
    const oldest = this.#grants.length < this.#max ? -Infinity : (this.#grants[0] ?? -Infinity)
    return Math.max(this.#pausedUntil, oldest + this.#holdMs) - now
  }
}

export function createLimiter(options: LimiterOptions): PausableLog {
  return new PausableLog(options.maxPerMinute, 60_000 + options.arrivalBoundMs + 13)
}

export async function retry<T>(limiter: PausableLog, fn: Fetch, maxRetries = 4): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    await limiter.acquire()
    const answer = await readAnswer(fn)
    if (isSuccess(answer)) {
      limiter.retryBudget.earn(attempt)
      return JSON.parse(answer.text) as T
    }
    const { status, headers } = answer
    const namedMs = hintMs(headers, serverTimeMs(headers))
    if (status === 429) limiter.pause(Math.min(namedMs, hintMsMax))
    const mayRetry = isTransient(status) && attempt < maxRetries && namedMs <= hintMsMax
    if (!mayRetry || !limiter.retryBudget.tryPay(status)) throw giveUp(answer, attempt)
    await sleep(namedMs + fullJitterMs(attempt))
  }
}
