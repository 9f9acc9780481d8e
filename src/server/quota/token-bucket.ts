/**
 * A token bucket: it starts full and gains `max` units per window, evenly, up to what it holds.
 *
 * With a size of S units any window of length w sees at most S + max * w / windowMs units. What costs more than S passes
 * when the bucket is full and leaves it in debt. Sums of fractions drift, so a billionth of the size is forgiven.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

const TOLERANCE = 1e-9

/** A bucket refilled at `max / windowMs` units per millisecond. @internal */
export class TokenBucket implements RateCounter {
  readonly #windowMs: number
  readonly #burstMs: number
  #max: number
  #size: number
  #tokens: number
  #updatedAtMs = -Infinity

  /** @param burstMs - The bucket holds what this time gains, at least one unit. */
  constructor({ max, windowMs }: RateCounterLimit, burstMs: number = windowMs) {
    this.#windowMs = windowMs
    this.#burstMs = burstMs
    this.#max = max
    this.#size = this.#sizeOf(max)
    this.#tokens = this.#size
  }

  capacity(): number {
    return Math.floor(this.#size + this.#tolerance())
  }

  remaining(nowMs: number): number {
    this.#refill(nowMs)
    return Math.max(0, Math.floor(this.#tokens + this.#tolerance()))
  }

  allowAtMs(nowMs: number, cost: number): number {
    this.#refill(nowMs)
    return this.#reaches(Math.min(cost, this.capacity()), nowMs)
  }

  resetAtMs(nowMs: number): number {
    this.#refill(nowMs)
    return this.#reaches(this.#size, nowMs)
  }

  charge(nowMs: number, cost: number): void {
    this.#refill(nowMs)
    const left = this.#tokens - cost
    // A refused request that is counted empties the bucket; only one that is too large to ever fit puts it into debt.
    this.#tokens = cost > this.capacity() ? left : Math.max(Math.min(0, this.#tokens), left)
  }

  isIdle(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#tokens >= this.#size
  }

  resize(max: number): void {
    this.#max = max
    this.#size = this.#sizeOf(max)
    this.#tokens = Math.min(this.#tokens, this.#size)
  }

  #sizeOf(max: number): number {
    return Math.max(1, (max * this.#burstMs) / this.#windowMs)
  }

  #tolerance(): number {
    return TOLERANCE * this.#size
  }

  #reaches(tokens: number, nowMs: number): number {
    const missing = tokens - this.#tokens
    if (missing <= this.#tolerance()) return nowMs
    return nowMs + (missing * this.#windowMs) / this.#max
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#updatedAtMs) return
    const gained = ((nowMs - this.#updatedAtMs) * this.#max) / this.#windowMs
    this.#tokens = Math.min(this.#size, this.#tokens + gained)
    this.#updatedAtMs = nowMs
  }
}
