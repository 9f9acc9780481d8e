/**
 * Defect: the bucket has a safe rate and starts empty but has no capacity: what is not used is saved up without bound,
 * and an idle hour is spent in one burst.
 * Expected: never-exceeds-quota.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { safeHoldMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

export class TokenBucket {
  readonly #tokensPerMs: number
  readonly #queue: (() => void)[] = []
  #tokens = 1
  #filledAt: number = performance.now()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(tokensPerMs: number) {
    this.#tokensPerMs = tokensPerMs
  }

  acquire(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      if (this.#timer === undefined) this.#drain()
    })
  }

  #drain(): void {
    this.#timer = undefined
    this.#fill()
    while (this.#queue.length > 0 && this.#tokens >= 1) {
      this.#tokens -= 1
      this.#queue.shift()?.()
    }
    if (this.#queue.length === 0) return
    const delayMs = Math.ceil((1 - this.#tokens) / this.#tokensPerMs)
    this.#timer = setTimeout(() => this.#drain(), delayMs)
  }

  #fill(): void {
    const now = performance.now()
    this.#tokens += (now - this.#filledAt) * this.#tokensPerMs
    this.#filledAt = now
  }
}

export function createLimiter(options: LimiterOptions): TokenBucket {
  return new TokenBucket(options.maxPerMinute / safeHoldMs(options))
}
