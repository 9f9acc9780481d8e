/**
 * The generic cell rate algorithm: requests or tokens spaced evenly, with a burst, and with debt.
 *
 * Think of `tatMs`, the theoretical arrival time, as the instant at which the bucket is full again: each request moves
 * it on by `emissionIntervalMs`, and a request conforms while the bucket is not in arrears by more than the burst.
 */
import type { Constraint, Grant, QueuePosition, Unit } from './constraint.ts'

/** @internal */
export interface PacerRate {
  /** Milliseconds between two requests, or two tokens, in the long run: above 0. */
  readonly emissionIntervalMs: number
  /** Requests, or tokens, that may go at once after idling: at least 1. */
  readonly burst: number
  /** The largest cost that the paced limit can hold; the pacer itself goes into debt for any. */
  readonly costMax: number
}

/** What a pacer counts, where that is not requests. @internal */
export interface PacerUnit {
  readonly unit: Unit
  /** How much of what was taken may still be refunded; undefined where nothing ever is. */
  readonly refundableAt?: ((nowMs: number) => number) | undefined
}

const requestsUnit: PacerUnit = { unit: 'requests' }

/** Sums of fractions miss their instant by some 1e-10 ms, and a timer rounds such a miss up to a millisecond. */
const ROUNDING_MS = 1e-6

/** @internal */
export class GcraPacer implements Constraint {
  readonly id: string
  readonly unit: Unit
  readonly #refundableAt: PacerUnit['refundableAt']
  #rate: PacerRate
  #tatMs = -Infinity
  /** No refund brings the bucket above what the last emptying has left of it. */
  #tatMsMin = -Infinity

  constructor(id: string, rate: PacerRate, { unit, refundableAt }: PacerUnit = requestsUnit) {
    this.id = id
    this.#rate = rate
    this.unit = unit
    this.#refundableAt = refundableAt
  }

  get costMax(): number {
    return this.#rate.costMax
  }

  /** Requests, or tokens, by which the bucket is short of full at `nowMs`: 0 and more, fractions included. */
  debtAt(nowMs: number): number {
    return Math.max(0, (this.#tatMs - nowMs) / this.#rate.emissionIntervalMs)
  }

  allowAtMs(nowMs: number, cost: number): number {
    return this.#conformsAtMs(nowMs, this.#tatMs, cost)
  }

  allowAfterMs(nowMs: number, costs: { costTaken: number; cost: number }): number {
    return this.#conformsAtMs(nowMs, this.#tatAfterMs(nowMs, costs.costTaken), costs.cost)
  }

  earliestAtMs(nowMs: number, position: QueuePosition): number {
    const startMs = Math.max(nowMs, position.pausedUntilMs)
    const emptiedTatMs = this.#emptiedTatMs(position.pausedUntilMs)
    const tatMs = Math.max(this.#refundedTatMs(nowMs), emptiedTatMs)
    // Whoever goes first may get all of it back before the next one's turn.
    if (position.costAhead === 0 || this.#refundableAt !== undefined)
      return this.#conformsAtMs(startMs, tatMs, position.cost)
    const aheadMs = position.costAhead * this.#rate.emissionIntervalMs
    return this.#conformsAtMs(startMs, Math.max(tatMs, startMs) + aheadMs, position.cost)
  }

  take(grant: Grant): void {
    this.#tatMs = this.#tatAfterMs(grant.grantedAtMs, grant.cost)
  }

  /** More was used than taken: it becomes a debt. */
  charge(nowMs: number, cost: number): void {
    this.#tatMs = this.#tatAfterMs(nowMs, cost)
  }

  /** Less was used than taken. A bucket that is full again meanwhile gets no fuller. */
  refund(cost: number): void {
    this.#tatMs = Math.max(this.#tatMs - cost * this.#rate.emissionIntervalMs, this.#tatMsMin)
  }

  /** From `atMs` on requests go one at a time, each an interval after the other: no burst is left. */
  empty(atMs: number): void {
    this.#tatMsMin = Math.max(this.#tatMsMin, this.#emptiedTatMs(atMs))
    this.#tatMs = Math.max(this.#tatMs, this.#tatMsMin)
  }

  /** Changes the rate at `nowMs`. Nobody waits longer for what was sent under the old rate than before the change. */
  setRate(nowMs: number, rate: PacerRate): void {
    const debt = this.debtAt(nowMs)
    this.#rate = rate
    if (debt > 0) this.#tatMs = Math.min(this.#tatMs, nowMs + debt * rate.emissionIntervalMs)
    this.#tatMsMin = Math.min(this.#tatMsMin, this.#tatMs)
  }

  /** Where the bucket stands if everything is refunded that can be. */
  #refundedTatMs(nowMs: number): number {
    if (this.#refundableAt === undefined) return this.#tatMs
    const refundableMs = this.#refundableAt(nowMs) * this.#rate.emissionIntervalMs
    return Math.max(this.#tatMs - refundableMs, this.#tatMsMin)
  }

  #tatAfterMs(nowMs: number, cost: number): number {
    return Math.max(this.#tatMs, nowMs) + cost * this.#rate.emissionIntervalMs
  }

  #emptiedTatMs(atMs: number): number {
    return atMs + (this.#rate.burst - 1) * this.#rate.emissionIntervalMs
  }

  /** A cost above the burst waits for a full bucket and leaves it in debt. */
  #conformsAtMs(nowMs: number, tatMs: number, cost: number): number {
    const spareMs = Math.max(0, this.#rate.burst - cost) * this.#rate.emissionIntervalMs
    const atMs = tatMs - spareMs
    return atMs <= nowMs + ROUNDING_MS ? nowMs : atMs
  }
}
