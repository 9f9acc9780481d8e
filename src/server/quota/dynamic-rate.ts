/**
 * Together's dynamic rate: so many times the rate of what succeeded in the past hour, between a base and a cap.
 *
 * It is measured in seconds: the time is cut into slices of a second (longer where the base is below one unit a second),
 * and the rate of a slice is fixed when the slice begins, so that whoever waits for the next one finds at least the base
 * there. Successes are remembered in sixty parts of the past, the oldest of which is forgotten at once.
 */

import type { RateCounter, RateCounterLimit } from './rate-counter.ts'

const SLICE_MS_MIN = 1_000
const PARTS = 60

/** How the rate follows what succeeded. @internal */
export interface DynamicRateRule {
  /** Times the past rate of success. */
  readonly factor: number
  /** Units per window at the most. */
  readonly cap: number
  /** How far back successes are looked at. */
  readonly memoryMs: number
}

/** A limit that grows with its use; `max` of the limit is the base. @internal */
export class DynamicRate implements RateCounter {
  readonly #windowMs: number
  readonly #rule: DynamicRateRule
  readonly #partMs: number
  readonly #succeeded = new Float64Array(PARTS)
  #base: number
  #share = 1
  readonly #sliceMs: number
  #part = -Infinity
  #succeededTotal = 0
  #index = -Infinity
  #quota = 0
  #count = 0

  constructor({ max, windowMs }: RateCounterLimit, rule: DynamicRateRule) {
    this.#base = max
    this.#windowMs = windowMs
    this.#rule = rule
    this.#partMs = rule.memoryMs / PARTS
    this.#sliceMs = Math.max(SLICE_MS_MIN, Math.ceil(windowMs / max))
  }

  capacity(nowMs: number): number {
    this.#advance(nowMs)
    return this.#quota
  }

  /** Units of the base rate in a slice: what passes whatever happened before. */
  baseCapacity(): number {
    return this.#perSlice(this.#base)
  }

  /** Units of the base rate that would still pass. */
  baseRemaining(nowMs: number): number {
    this.#advance(nowMs)
    return Math.max(0, Math.min(this.baseCapacity(), this.#quota) - this.#count)
  }

  remaining(nowMs: number): number {
    return Math.max(0, this.capacity(nowMs) - this.#count)
  }

  allowAtMs(nowMs: number, cost: number): number {
    const needed = Math.min(cost, this.capacity(nowMs))
    return needed <= this.#quota - this.#count ? nowMs : this.#sliceEndMs()
  }

  resetAtMs(nowMs: number): number {
    this.#advance(nowMs)
    return this.#count === 0 ? nowMs : this.#sliceEndMs()
  }

  charge(nowMs: number, cost: number): void {
    this.#advance(nowMs)
    this.#count += cost
  }

  /** Counts units that were answered well. */
  succeed(nowMs: number, units: number): void {
    this.#forget(nowMs)
    const place = placeOf(this.#part)
    this.#succeeded[place] = (this.#succeeded[place] ?? 0) + units
    this.#succeededTotal += units
  }

  isIdle(nowMs: number): boolean {
    this.#advance(nowMs)
    this.#forget(nowMs)
    return this.#count === 0 && this.#succeededTotal === 0
  }

  resize(max: number): void {
    this.#share = max / this.#base
    // The slice that runs is cut as well: a quota that shrinks does not wait for a second to begin.
    this.#quota = this.#quotaNow()
  }

  #sliceEndMs(): number {
    return (this.#index + 1) * this.#sliceMs
  }

  #perSlice(unitsPerWindow: number): number {
    return Math.max(1, Math.floor((unitsPerWindow * this.#sliceMs) / this.#windowMs))
  }

  /**
   * The slice's part of the rate, such that fractions are not lost: 1.5 a second are one and two in turn. Rounded down
   * in every slice, a client that sends all of a base of one a second would have earned 1.99, and never get 2.
   */
  #inThisSlice(unitsPerWindow: number): number {
    const perSlice = (unitsPerWindow * this.#sliceMs) / this.#windowMs
    const before = Math.floor(this.#index * perSlice)
    return Math.max(1, Math.floor((this.#index + 1) * perSlice) - before)
  }

  #quotaNow(): number {
    const { factor, cap, memoryMs } = this.#rule
    const past = (factor * this.#succeededTotal * this.#windowMs) / memoryMs
    const rate = Math.min(Math.max(past, this.#base), Math.max(cap, this.#base))
    return this.#inThisSlice(rate * this.#share)
  }

  #advance(nowMs: number): void {
    const index = Math.floor(nowMs / this.#sliceMs)
    if (index === this.#index) return
    this.#index = index
    this.#count = 0
    this.#forget(index * this.#sliceMs)
    this.#quota = this.#quotaNow()
  }

  #forget(nowMs: number): void {
    const part = Math.floor(nowMs / this.#partMs)
    if (part <= this.#part) return
    const passed = Math.min(PARTS, part - this.#part)
    for (let step = 0; step < passed; step += 1) {
      const place = placeOf(part - step)
      this.#succeededTotal -= this.#succeeded[place] ?? 0
      this.#succeeded[place] = 0
    }
    this.#part = part
  }
}

function placeOf(part: number): number {
  return ((part % PARTS) + PARTS) % PARTS
}
