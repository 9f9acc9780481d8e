/**
 * Places for what runs at once. Time frees none of them: somebody who holds one has to give it back.
 */
import type { Constraint, Grant, QueuePosition } from './constraint.ts'
import type { ConcurrencyLimit } from '../core/profile.ts'

/** @internal */
export class Places implements Constraint {
  readonly id: string
  readonly unit = 'requests' as const
  readonly concurrentMax: number
  readonly costMax: number
  readonly heldUntil: ConcurrencyLimit['heldUntil']
  #used = 0

  constructor(limit: Pick<ConcurrencyLimit, 'id' | 'concurrentMax' | 'heldUntil'>) {
    this.id = limit.id
    this.concurrentMax = limit.concurrentMax
    this.costMax = limit.concurrentMax
    this.heldUntil = limit.heldUntil
  }

  /** Places taken. */
  get used(): number {
    return this.#used
  }

  allowAtMs(nowMs: number, cost: number): number {
    return this.#used + cost <= this.concurrentMax ? nowMs : Infinity
  }

  allowAfterMs(nowMs: number, costs: { costTaken: number; cost: number }): number {
    return this.allowAtMs(nowMs, costs.costTaken + costs.cost)
  }

  /** Every place may be given back in the next instant, so a full house promises no wait. */
  earliestAtMs(nowMs: number, position: QueuePosition): number {
    return Math.max(nowMs, position.pausedUntilMs)
  }

  take(grant: Grant): void {
    this.#used += grant.cost
  }

  /** Gives the places of one grant back; the caller sees to it that this happens once a grant. */
  giveBack(grant: Grant): void {
    this.#used -= grant.cost
  }
}
