/**
 * A sliding log: at most so many units in any window that ends now.
 *
 * A unit counts for the half-open time [counted, counted + windowMs). Only the newest entries that together fill the
 * limit can matter, so no more are kept, also where refused requests are counted.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

const LENGTH_MIN = 16

/** At most `max` units in every half-open window of `windowMs`. @internal */
export class SlidingLog implements RateCounter {
  readonly #windowMs: number
  #max: number
  /** The largest limit that was ever in force: it may be in force again. */
  #largestMax: number
  /** A ring, grown by doubling: when, and how many units. */
  #countedAtMs = new Float64Array(LENGTH_MIN)
  #units = new Float64Array(LENGTH_MIN)
  #oldest = 0
  #length = 0
  #total = 0

  constructor({ max, windowMs }: RateCounterLimit) {
    this.#max = max
    this.#largestMax = max
    this.#windowMs = windowMs
  }

  capacity(): number {
    return this.#max
  }

  remaining(nowMs: number): number {
    this.#forget(nowMs)
    return Math.max(0, this.#max - this.#total)
  }

  allowAtMs(nowMs: number, cost: number): number {
    this.#forget(nowMs)
    let excess = this.#total + Math.min(cost, this.#max) - this.#max
    let atMs = nowMs
    for (let index = 0; excess > 0 && index < this.#length; index += 1) {
      atMs = this.#endMs(index)
      excess -= this.#units[this.#place(index)] ?? 0
    }
    return atMs
  }

  resetAtMs(nowMs: number): number {
    this.#forget(nowMs)
    return this.#length === 0 ? nowMs : this.#endMs(this.#length - 1)
  }

  charge(nowMs: number, cost: number): void {
    this.#forget(nowMs)
    if (cost === 0) return
    if (this.#length === this.#units.length) this.#grow()
    const place = this.#place(this.#length)
    this.#countedAtMs[place] = nowMs
    this.#units[place] = cost
    this.#length += 1
    this.#total += cost
    // What is older than a full limit of newer units frees nothing when it ends.
    while (this.#total - (this.#units[this.#oldest] ?? 0) >= this.#largestMax) this.#dropOldest()
  }

  isIdle(nowMs: number): boolean {
    this.#forget(nowMs)
    return this.#length === 0
  }

  resize(max: number): void {
    this.#max = max
    this.#largestMax = Math.max(this.#largestMax, max)
  }

  #endMs(index: number): number {
    return (this.#countedAtMs[this.#place(index)] ?? 0) + this.#windowMs
  }

  #place(index: number): number {
    return (this.#oldest + index) % this.#units.length
  }

  #forget(nowMs: number): void {
    while (this.#length > 0 && this.#endMs(0) <= nowMs) this.#dropOldest()
  }

  #dropOldest(): void {
    this.#total -= this.#units[this.#oldest] ?? 0
    this.#oldest = this.#place(1)
    this.#length -= 1
  }

  #grow(): void {
    const length = 2 * this.#units.length
    const countedAtMs = new Float64Array(length)
    const units = new Float64Array(length)
    for (let index = 0; index < this.#length; index += 1) {
      countedAtMs[index] = this.#countedAtMs[this.#place(index)] ?? 0
      units[index] = this.#units[this.#place(index)] ?? 0
    }
    this.#countedAtMs = countedAtMs
    this.#units = units
    this.#oldest = 0
  }
}
