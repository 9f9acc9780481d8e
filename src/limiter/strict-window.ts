/**
 * The strict promise for one rate limit: never more than `requestsMax` counted by the server in any window.
 *
 * A slot comes back one window after the latest instant at which the server can have counted the request: when its
 * headers came, or `arrivalBoundMs` after the grant, whichever is earlier. Two lists, both in order of time, make every
 * operation O(1), amortised. It sets no timer and reads no clock.
 */
import type { Constraint, Grant, QueuePosition } from './constraint.ts'
import { Fifo } from './fifo.ts'
import { ReleaseLog } from './release-log.ts'

/** @internal */
export interface StrictWindowOptions {
  readonly id: string
  /** Slots: a whole number, at least 1. */
  readonly requestsMax: number
  readonly windowMs: number
  /** No request takes longer from its grant until the server counts it. */
  readonly arrivalBoundMs: number
}

/**
 * How long a slot is held after its request was counted.
 *
 * One millisecond covers half-open windows and clocks of whole milliseconds, a two-thousandth covers clocks that run
 * apart by 500 ppm: a server 100 ppm slow refused 2,767 of 7,200 requests without it.
 *
 * @internal
 */
export function slotHoldMs(windowMs: number): number {
  return windowMs + 1 + windowMs / 2_000
}

/** @internal */
export class StrictWindow implements Constraint {
  readonly id: string
  readonly windowMs: number
  readonly #arrivalBoundMs: number
  readonly #holdMs: number
  /** In the order of the grants. The settled ones among them are in `#counted` too, and are dropped when they come up. */
  readonly #inFlight = new Fifo<Grant>()
  /** In the order in which the server counted, or must have counted. */
  readonly #counted = new ReleaseLog()
  #requestsMax: number
  #used = 0
  #nowMs = -Infinity

  constructor(options: StrictWindowOptions) {
    this.id = options.id
    this.windowMs = options.windowMs
    this.#requestsMax = options.requestsMax
    this.#arrivalBoundMs = options.arrivalBoundMs
    this.#holdMs = slotHoldMs(options.windowMs)
  }

  get requestsMax(): number {
    return this.#requestsMax
  }

  get costMax(): number {
    return this.#requestsMax
  }

  /** Changes the limit. Slots in use stay taken, also where they are more than the new limit. */
  setRequestsMax(requestsMax: number): void {
    this.#requestsMax = requestsMax
  }

  /** Slots taken at `nowMs`. */
  usedAt(nowMs: number): number {
    this.#advance(nowMs)
    return this.#used
  }

  allowAtMs(nowMs: number, cost: number): number {
    this.#advance(nowMs)
    const missing = this.#used + cost - this.#requestsMax
    if (missing <= 0) return nowMs
    if (missing > this.#used) return Infinity
    const counted = this.#counted.pending
    return missing <= counted
      ? this.#counted.freeAtMs(missing)
      : this.#boundFreeAtMs(missing - counted)
  }

  allowAfterMs(nowMs: number, costs: { costTaken: number; cost: number }): number {
    return this.allowAtMs(nowMs, costs.costTaken + costs.cost)
  }

  /**
   * What is granted now comes back one hold from now at the earliest, and so does what is in flight; so every further
   * `requestsMax` requests ahead add one hold.
   */
  earliestAtMs(nowMs: number, position: QueuePosition): number {
    this.#advance(nowMs)
    const last = position.costAhead + position.cost
    const cycles = Math.floor((last - 1) / this.#requestsMax)
    const missing = this.#used + last - cycles * this.#requestsMax - this.#requestsMax
    const startMs = Math.max(nowMs, position.pausedUntilMs)
    if (missing <= 0) return startMs + cycles * this.#holdMs
    const firstMs =
      missing <= this.#counted.pending ? this.#counted.freeAtMs(missing) : nowMs + this.#holdMs
    return Math.max(startMs, firstMs) + cycles * this.#holdMs
  }

  take(grant: Grant): void {
    this.#used += grant.cost
    this.#inFlight.push(grant)
  }

  /** The server has counted the grant by now. Called once a grant, before its `isSettled` is set. */
  settle(nowMs: number, grant: Grant): void {
    this.#advance(nowMs)
    // Past its bound, advancing has already noted it as counted then.
    if (grant.grantedAtMs + this.#arrivalBoundMs <= this.#nowMs) return
    this.#counted.add(this.#nowMs + this.#holdMs, grant.cost)
  }

  /** The instant at which `slots` of those in flight are back at the latest. */
  #boundFreeAtMs(slots: number): number {
    let rest = slots
    for (let index = 0; index < this.#inFlight.length; index += 1) {
      const grant = this.#inFlight.at(index)!
      if (grant.isSettled) continue
      rest -= grant.cost
      if (rest <= 0) return grant.grantedAtMs + this.#arrivalBoundMs + this.#holdMs
    }
    return Infinity
  }

  /**
   * Brings both lists up to `nowMs`. Grants past their bound move before anything is settled at `nowMs`, which keeps the
   * second list in order. A clock that goes back is taken to stand still.
   */
  #advance(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs
    for (;;) {
      const grant = this.#inFlight.peek()
      if (grant === undefined) break
      const countedAtMs = grant.grantedAtMs + this.#arrivalBoundMs
      if (!grant.isSettled && countedAtMs > this.#nowMs) break
      this.#inFlight.shift()
      if (!grant.isSettled) this.#counted.add(countedAtMs + this.#holdMs, grant.cost)
    }
    this.#used -= this.#counted.takeUntil(this.#nowMs)
  }
}
