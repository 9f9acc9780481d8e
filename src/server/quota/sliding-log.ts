/**
 * A sliding log: at most so many requests in any window that ends now.
 *
 * A request counts for the half-open time [counted, counted + windowMs). Only the newest `requestsMax` instants can
 * matter, so a ring of that size is enough, also where refused requests are counted.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

/** At most `requestsMax` requests in every half-open window of `windowMs`. @internal */
export class SlidingLog implements RateCounter {
  readonly #windowMs: number
  readonly #countedAtMs: Float64Array
  #oldest = 0
  #count = 0

  constructor(limit: RateCounterLimit) {
    this.#windowMs = limit.windowMs
    this.#countedAtMs = new Float64Array(limit.requestsMax)
  }

  remaining(nowMs: number): number {
    this.#forget(nowMs)
    return this.#countedAtMs.length - this.#count
  }

  allowAtMs(nowMs: number): number {
    this.#forget(nowMs)
    return this.#count < this.#countedAtMs.length ? nowMs : this.#oldestEndMs()
  }

  charge(nowMs: number): void {
    this.#forget(nowMs)
    const size = this.#countedAtMs.length
    this.#countedAtMs[(this.#oldest + this.#count) % size] = nowMs
    if (this.#count < size) this.#count += 1
    else this.#oldest = (this.#oldest + 1) % size
  }

  isIdle(nowMs: number): boolean {
    this.#forget(nowMs)
    return this.#count === 0
  }

  #oldestEndMs(): number {
    return (this.#countedAtMs[this.#oldest] ?? 0) + this.#windowMs
  }

  #forget(nowMs: number): void {
    while (this.#count > 0 && this.#oldestEndMs() <= nowMs) {
      this.#oldest = (this.#oldest + 1) % this.#countedAtMs.length
      this.#count -= 1
    }
  }
}
