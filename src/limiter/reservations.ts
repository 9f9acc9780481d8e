/**
 * What older calls hold against younger ones during one pass of the scheduler.
 *
 * A constraint that an older call waits for is closed to younger ones. A constraint that it could have already is open
 * to them only where taking from it leaves the older call ready at the instant it would have been: so no call is ever
 * granted later than the first estimate of its turn, however many others come.
 */
import { type Constraint, costIn, type Demand } from './constraint.ts'

interface Reservation {
  readonly cost: number
  /** When the older call is ready; `-Infinity` where it waits for this very constraint. */
  readonly readyAtMs: number
}

/** @internal */
export class Reservations {
  readonly nowMs: number
  readonly #held = new Map<Constraint, Reservation[]>()

  constructor(nowMs: number) {
    this.nowMs = nowMs
  }

  /**
   * Reserves for a call that is not ready before `readyAtMs`.
   *
   * A call that waits for a place closes only the places: nobody knows when one comes back, and hours of a quota would
   * be lost with what else it needs.
   *
   * @returns The next instant at which one of its constraints opens.
   */
  holdFor(constraints: readonly Constraint[], demand: Demand, readyAtMs: number): number {
    let changesAtMs = Infinity
    for (const constraint of constraints) {
      const cost = costIn(constraint.unit, demand)
      const allowAtMs = constraint.allowAtMs(this.nowMs, cost)
      const isWaitedFor = allowAtMs > this.nowMs && (readyAtMs < Infinity || allowAtMs === Infinity)
      if (isWaitedFor) this.#hold(constraint, { cost, readyAtMs: -Infinity })
      else if (readyAtMs < Infinity) this.#hold(constraint, { cost, readyAtMs })
      if (isWaitedFor) changesAtMs = Math.min(changesAtMs, allowAtMs)
    }
    return changesAtMs
  }

  /** Whether a call that is ready would delay an older one. If so, what they contend for stays closed behind it too. */
  findConflict(constraints: readonly Constraint[], demand: Demand): boolean {
    if (this.#held.size === 0) return false
    const contended = constraints.filter((constraint) => this.#isContended(constraint, demand))
    for (const constraint of contended) {
      this.#hold(constraint, { cost: costIn(constraint.unit, demand), readyAtMs: -Infinity })
    }
    return contended.length > 0
  }

  #isContended(constraint: Constraint, demand: Demand): boolean {
    const held = this.#held.get(constraint)
    const cost = costIn(constraint.unit, demand)
    // Who takes no tokens delays nobody.
    if (held === undefined || cost === 0) return false
    return held.some((older) => {
      if (older.readyAtMs === -Infinity) return true
      const costs = { costTaken: cost, cost: older.cost }
      return constraint.allowAfterMs(this.nowMs, costs) > older.readyAtMs
    })
  }

  #hold(constraint: Constraint, reservation: Reservation): void {
    const held = this.#held.get(constraint)
    if (held === undefined) this.#held.set(constraint, [reservation])
    else held.push(reservation)
  }
}
