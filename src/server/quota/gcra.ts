/**
 * The generic cell rate algorithm: one instant, the theoretical arrival time, instead of a count.
 *
 * Units are `windowMs / max` apart; a request may come early by the burst. A refused request that is counted pushes the
 * theoretical arrival time as far as a full burst, not beyond. Source: ITU-T I.371, virtual scheduling.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

/** Instants are sums of fractions: so much earlier still counts as on time. */
const TOLERANCE_MS = 1e-4

/** Units spaced evenly, with a burst of what `burstMs` holds, at least one. @internal */
export class Gcra implements RateCounter {
  readonly #windowMs: number
  readonly #burstMs: number
  #emissionIntervalMs: number
  #tatMs = -Infinity
  /** The latest instant at which it was asked or charged. */
  #seenMs = -Infinity

  constructor({ max, windowMs }: RateCounterLimit, burstMs: number) {
    this.#windowMs = windowMs
    this.#burstMs = burstMs
    this.#emissionIntervalMs = windowMs / max
  }

  capacity(): number {
    return this.#whole(this.#burstToleranceMs())
  }

  remaining(nowMs: number): number {
    return Math.max(0, this.#whole(nowMs + this.#burstToleranceMs() - this.#resetFrom(nowMs)))
  }

  allowAtMs(nowMs: number, cost: number): number {
    const needed = Math.min(cost, this.capacity())
    const earlyMs = this.#burstToleranceMs() - needed * this.#emissionIntervalMs
    const atMs = this.#resetFrom(nowMs) - earlyMs
    return atMs <= nowMs + TOLERANCE_MS ? nowMs : atMs
  }

  resetAtMs(nowMs: number): number {
    return this.#resetFrom(nowMs)
  }

  charge(nowMs: number, cost: number): void {
    const fullMs = nowMs + this.#burstToleranceMs()
    const tatMs = this.#resetFrom(nowMs) + cost * this.#emissionIntervalMs
    // Only what is too large to ever fit may push it further: that is its debt.
    const boundMs = cost > this.capacity() ? tatMs : Math.max(fullMs, this.#tatMs)
    this.#tatMs = Math.min(tatMs, boundMs)
  }

  isIdle(nowMs: number): boolean {
    return this.#tatMs <= nowMs
  }

  /** What is owed stays owed in units: at another rate it takes another time. */
  resize(max: number): void {
    const before = this.#emissionIntervalMs
    this.#emissionIntervalMs = this.#windowMs / max
    if (this.#tatMs <= this.#seenMs) return
    const owedMs = this.#tatMs - this.#seenMs
    this.#tatMs = this.#seenMs + (owedMs / before) * this.#emissionIntervalMs
  }

  #burstToleranceMs(): number {
    return Math.max(this.#burstMs, this.#emissionIntervalMs)
  }

  #resetFrom(nowMs: number): number {
    this.#seenMs = nowMs
    return Math.max(nowMs, this.#tatMs)
  }

  #whole(ms: number): number {
    return Math.floor((ms + TOLERANCE_MS) / this.#emissionIntervalMs)
  }
}
