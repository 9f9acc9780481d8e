/**
 * Fixed windows: a count that starts again at every whole multiple of the window, shifted by a phase.
 *
 * Windows are half-open, [start, start + windowMs). The end is kept and compared, not divided anew, so that the instant
 * told to a client and the instant at which the count starts again are the same number.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

/** At most `requestsMax` requests in each window that begins at `phaseMs` plus a multiple of `windowMs`. @internal */
export class FixedWindow implements RateCounter {
  readonly #requestsMax: number
  readonly #windowMs: number
  readonly #phaseMs: number
  #endMs = -Infinity
  #count = 0

  constructor(limit: RateCounterLimit, phaseMs: number) {
    this.#requestsMax = limit.requestsMax
    this.#windowMs = limit.windowMs
    // A phase far from the present would cost precision at every sum.
    this.#phaseMs = phaseMs % limit.windowMs
  }

  remaining(nowMs: number): number {
    this.#advance(nowMs)
    return Math.max(0, this.#requestsMax - this.#count)
  }

  allowAtMs(nowMs: number): number {
    this.#advance(nowMs)
    return this.#count < this.#requestsMax ? nowMs : this.#endMs
  }

  charge(nowMs: number): void {
    this.#advance(nowMs)
    this.#count += 1
  }

  isIdle(nowMs: number): boolean {
    this.#advance(nowMs)
    return this.#count === 0
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
