/**
 * A token bucket: it holds `requestsMax` tokens, starts full and gains that many per window, evenly.
 *
 * Any window of length w sees at most requestsMax * (1 + w / windowMs) requests. Sums of fractions drift, so a billionth
 * of the bucket's size is forgiven.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

const TOLERANCE = 1e-9

/** A bucket of `requestsMax` tokens, refilled at `requestsMax / windowMs` per millisecond. @internal */
export class TokenBucket implements RateCounter {
  readonly #requestsMax: number
  readonly #windowMs: number
  readonly #tolerance: number
  #tokens: number
  #updatedAtMs = -Infinity

  constructor(limit: RateCounterLimit) {
    this.#requestsMax = limit.requestsMax
    this.#windowMs = limit.windowMs
    this.#tolerance = TOLERANCE * limit.requestsMax
    this.#tokens = limit.requestsMax
  }

  remaining(nowMs: number): number {
    this.#refill(nowMs)
    return Math.floor(this.#tokens + this.#tolerance)
  }

  allowAtMs(nowMs: number): number {
    this.#refill(nowMs)
    const missing = 1 - this.#tokens
    if (missing <= this.#tolerance) return nowMs
    return nowMs + (missing * this.#windowMs) / this.#requestsMax
  }

  charge(nowMs: number): void {
    this.#refill(nowMs)
    // A refused request that is counted empties the bucket; it does not put it into debt.
    this.#tokens = Math.max(0, this.#tokens - 1)
  }

  isIdle(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#tokens >= this.#requestsMax
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#updatedAtMs) return
    const gained = ((nowMs - this.#updatedAtMs) * this.#requestsMax) / this.#windowMs
    this.#tokens = Math.min(this.#requestsMax, this.#tokens + gained)
    this.#updatedAtMs = nowMs
  }
}
