/**
 * Fixed windows: a count that starts again at every whole multiple of the window, shifted by a phase.
 *
 * Windows are half-open, [start, start + windowMs). The end is kept and compared, not divided anew, so that the instant
 * told to a client and the instant at which the count starts again are the same number.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

/** At most `max` units in each window that begins at `phaseMs` plus a multiple of `windowMs`. @internal */
export class FixedWindow implements RateCounter {
  readonly #windowMs: number
  readonly #phaseMs: number
  #max: number
  #endMs = -Infinity
  #count = 0

  constructor({ max, windowMs }: RateCounterLimit, phaseMs: number) {
    this.#max = max
    this.#windowMs = windowMs
    // A phase far from the present would cost precision at every sum.
    this.#phaseMs = phaseMs % windowMs
  }

  capacity(): number {
    return this.#max
  }

  remaining(nowMs: number): number {
    this.#advance(nowMs)
    return Math.max(0, this.#max - this.#count)
  }

  allowAtMs(nowMs: number, cost: number): number {
    return Math.min(cost, this.#max) <= this.remaining(nowMs) ? nowMs : this.#endMs
  }

  resetAtMs(nowMs: number): number {
    this.#advance(nowMs)
    return this.#count === 0 ? nowMs : this.#endMs
  }

  charge(nowMs: number, cost: number): void {
    this.#advance(nowMs)
    this.#count += cost
  }

  isIdle(nowMs: number): boolean {
    this.#advance(nowMs)
    return this.#count === 0
  }

  resize(max: number): void {
    this.#max = max
  }

  #advance(nowMs: number): void {
    if (nowMs < this.#endMs) return
    const index = Math.floor((nowMs - this.#phaseMs) / this.#windowMs)
    this.#endMs = this.#phaseMs + (index + 1) * this.#windowMs
    // With a fractional phase the division may round to the window before.
    if (this.#endMs <= nowMs) this.#endMs += this.#windowMs
    this.#count = 0
  }
}
