/**
 * A sliding-window counter: the count of this fixed window, and of the one before by the share that still overlaps.
 *
 * It approximates a sliding log with two numbers. Where earlier units came late in their window it lets more than the
 * limit through, where they came early it refuses too soon: a client has to live with both.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

/** Shares of a count are fractions: so much of the limit is forgiven. */
const TOLERANCE = 1e-7

/** At most `max` units by the estimate previous * overlap + current. @internal */
export class SlidingCounter implements RateCounter {
  readonly #windowMs: number
  readonly #phaseMs: number
  #max: number
  #startMs = -Infinity
  #previous = 0
  #current = 0

  constructor({ max, windowMs }: RateCounterLimit, phaseMs: number) {
    this.#max = max
    this.#windowMs = windowMs
    this.#phaseMs = phaseMs % windowMs
  }

  capacity(): number {
    return this.#max
  }

  remaining(nowMs: number): number {
    this.#advance(nowMs)
    return Math.max(0, Math.floor(this.#max - this.#estimate(nowMs) + TOLERANCE * this.#max))
  }

  allowAtMs(nowMs: number, cost: number): number {
    const needed = Math.min(cost, this.#max)
    if (needed <= this.remaining(nowMs)) return nowMs
    const endMs = this.#startMs + this.#windowMs
    const room = this.#max - needed
    // In this window the count before it fades, in the next one the present count does.
    if (this.#current <= room) {
      return fadesAtMs(this.#startMs, this.#windowMs, this.#previous, room - this.#current)
    }
    return fadesAtMs(endMs, this.#windowMs, this.#current, room)
  }

  resetAtMs(nowMs: number): number {
    this.#advance(nowMs)
    if (this.#current > 0) return this.#startMs + 2 * this.#windowMs
    return this.#previous > 0 ? this.#startMs + this.#windowMs : nowMs
  }

  charge(nowMs: number, cost: number): void {
    this.#advance(nowMs)
    this.#current += cost
  }

  isIdle(nowMs: number): boolean {
    this.#advance(nowMs)
    return this.#current === 0 && this.#previous === 0
  }

  resize(max: number): void {
    this.#max = max
  }

  #estimate(nowMs: number): number {
    const passed = (nowMs - this.#startMs) / this.#windowMs
    return this.#previous * Math.max(0, 1 - passed) + this.#current
  }

  #advance(nowMs: number): void {
    const width = this.#windowMs
    if (nowMs < this.#startMs + width) return
    const index = Math.floor((nowMs - this.#phaseMs) / width)
    let startMs = this.#phaseMs + index * width
    // The division may round to a neighbour where instants have fractions.
    if (startMs + width <= nowMs) startMs += width
    this.#previous = startMs < this.#startMs + 1.5 * width ? this.#current : 0
    this.#startMs = startMs
    this.#current = 0
  }
}

/** When a count that fades evenly over a window is down to what there is room for. */
function fadesAtMs(startMs: number, windowMs: number, count: number, room: number): number {
  if (count <= room) return startMs
  return startMs + windowMs * (1 - room / count)
}
