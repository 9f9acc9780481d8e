/**
 * Slices: a limit that is stated for a long window and enforced in short ones ("60 per minute" is one per second).
 *
 * Slice number k may pass floor((k + 1) * q) - floor(k * q) units, q being the limit's share of a slice: the sum over a
 * window is the limit, also where q is not whole. Slices begin at zero; an unused one is lost. Where q is below one, so
 * many slices are taken together that each passes something: whoever waits for the next one is let in.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

/** A limit per window, cut into slices. @internal */
export class Slices implements RateCounter {
  readonly #windowMs: number
  readonly #sliceMsMin: number
  #max: number
  #sliceMs: number
  #index = -Infinity
  #count = 0
  #nowMs = -Infinity

  /** @param sliceMs - Whole milliseconds, at most the window. */
  constructor({ max, windowMs }: RateCounterLimit, sliceMs: number) {
    this.#windowMs = windowMs
    this.#sliceMsMin = sliceMs
    this.#max = max
    this.#sliceMs = this.#sliceMsFor(max)
  }

  capacity(nowMs: number): number {
    this.#advance(nowMs)
    return this.#sumBefore(this.#index + 1) - this.#sumBefore(this.#index)
  }

  remaining(nowMs: number): number {
    return Math.max(0, this.capacity(nowMs) - this.#count)
  }

  allowAtMs(nowMs: number, cost: number): number {
    const capacity = this.capacity(nowMs)
    return Math.min(cost, capacity) <= capacity - this.#count ? nowMs : this.#endMs()
  }

  resetAtMs(nowMs: number): number {
    this.#advance(nowMs)
    return this.#count === 0 ? nowMs : this.#endMs()
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
    this.#sliceMs = this.#sliceMsFor(max)
    // What the running slice has counted stays counted, however long it is now.
    this.#index = Math.floor(this.#nowMs / this.#sliceMs)
  }

  #sliceMsFor(max: number): number {
    return this.#sliceMsMin * Math.ceil(this.#windowMs / (max * this.#sliceMsMin))
  }

  #endMs(): number {
    return (this.#index + 1) * this.#sliceMs
  }

  /** Units that all slices before this one may pass. */
  #sumBefore(index: number): number {
    return Math.floor((index * this.#sliceMs * this.#max) / this.#windowMs)
  }

  #advance(nowMs: number): void {
    this.#nowMs = nowMs
    const index = Math.floor(nowMs / this.#sliceMs)
    if (index === this.#index) return
    this.#index = index
    this.#count = 0
  }
}
