/**
 * The strict promise for one rate limit: never more than `slotsMax` counted by the server in any window.
 *
 * A slot, a request's or a token's, comes back one window after the latest instant at which the server can have counted
 * it: when the grant was settled, or `countedWithinMs` after it, whichever is earlier. Two lists, both in order of time,
 * make every operation O(1) or O(log n), amortised, however many slots a grant takes; only what frees slots of the
 * unsettled is looked for among those, one grant at a time. It sets no timer and reads no clock.
 *
 * Slots that others have, as far as the server tells, are taken as well, for a while; they free nothing of ours.
 *
 * Requests above the limit never fit. A call's tokens cannot be split, so one of more tokens than the limit goes alone,
 * when nothing is held.
 */
import type { Constraint, Grant, QueuePosition, Unit } from './constraint.ts'
import { Fifo } from './fifo.ts'
import { ReleaseLog } from './release-log.ts'
import { SlotsOfOthers } from './slots-of-others.ts'

/** @internal */
export interface StrictWindowOptions {
  readonly id: string
  /** What a slot is. */
  readonly unit: Unit
  /** Slots: a whole number, at least 1. */
  readonly slotsMax: number
  readonly windowMs: number
  /** Nothing takes longer from its grant until the server counts it. */
  readonly countedWithinMs: number
  /** Whether the server counts what a grant came to, when it is settled, and not what it took. */
  readonly isCountedAtEnd: boolean
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
  readonly unit: Unit
  readonly windowMs: number
  readonly #countedWithinMs: number
  readonly #isCountedAtEnd: boolean
  readonly #holdMs: number
  /** In the order of the grants. The settled ones among them are in `#counted` too, and are dropped when they come up. */
  readonly #inFlight = new Fifo<Grant>()
  /** In the order in which the server counted, or must have counted. */
  readonly #counted = new ReleaseLog()
  /** Undefined as long as no answer has shown any. */
  #others: SlotsOfOthers | undefined = undefined
  #othersNow = 0
  #slotsMax: number
  #used = 0
  #nowMs = -Infinity

  constructor(options: StrictWindowOptions) {
    this.id = options.id
    this.unit = options.unit
    this.windowMs = options.windowMs
    this.#slotsMax = options.slotsMax
    this.#countedWithinMs = options.countedWithinMs
    this.#isCountedAtEnd = options.isCountedAtEnd
    this.#holdMs = slotHoldMs(options.windowMs)
  }

  get slotsMax(): number {
    return this.#slotsMax
  }

  get costMax(): number {
    return this.#slotsMax
  }

  /** Own slots that have come back, since the beginning. */
  get freed(): number {
    return this.#counted.freed
  }

  /**
   * Changes the limit. Slots in use stay taken, also where they are more than the new limit; what others were taken to
   * have is forgotten, for it was figured out against the old one.
   */
  setSlotsMax(slotsMax: number): void {
    if (slotsMax === this.#slotsMax) return
    this.#slotsMax = slotsMax
    this.#others = undefined
    this.#othersNow = 0
  }

  /** Own slots taken at `nowMs`. */
  usedAt(nowMs: number): number {
    this.#advance(nowMs)
    return this.#used
  }

  /** Slots that others are taken to have at `nowMs`. */
  usedByOthersAt(nowMs: number): number {
    this.#advance(nowMs)
    return this.#othersNow
  }

  /** Others have `slots` of the window, as of `nowMs`: at least one less than there are. */
  noteOthers(nowMs: number, slots: number): void {
    if (slots <= 0) return
    this.#advance(nowMs)
    this.#others ??= new SlotsOfOthers(this.#holdMs)
    this.#others.note(this.#nowMs, slots)
    this.#othersNow = this.#others.at(this.#nowMs)
  }

  allowAtMs(nowMs: number, cost: number): number {
    this.#advance(nowMs)
    if (this.#used + this.#othersNow + cost <= this.#slotsMax) return nowMs
    return this.#fitsAtMs(nowMs, this.#roomFor(cost))
  }

  allowAfterMs(nowMs: number, costs: { costTaken: number; cost: number }): number {
    return this.#fitsAtMs(nowMs, costs.costTaken + this.#roomFor(costs.cost))
  }

  /**
   * What is granted now comes back one hold from now at the earliest, and so does what is in flight; so every further
   * `slotsMax` ahead add one hold. Where a single call may take more than that, a hold may pass so much at once.
   */
  earliestAtMs(nowMs: number, position: QueuePosition): number {
    this.#advance(nowMs)
    const startMs = Math.max(nowMs, position.pausedUntilMs)
    if (this.#isCountedAtEnd)
      return Math.max(startMs, this.#unlessRefundedAtMs(nowMs, position.cost))
    const { costAhead, cost, largestAhead = 0 } = position
    const passedMax = Math.max(this.#slotsMax, largestAhead, cost)
    const last = costAhead + cost
    const cycles = Math.max(0, Math.floor((last - 1) / passedMax))
    const missing = this.#used + last - cycles * passedMax - passedMax
    if (missing + this.#othersNow <= 0) return startMs + cycles * this.#holdMs
    const firstMs =
      this.#others === undefined
        ? this.#freedAtMsAtLeast(nowMs, missing)
        : this.#others.roomAtMs(nowMs, (slots) => this.#freedAtMsAtLeast(nowMs, missing + slots))
    return Math.max(startMs, firstMs) + cycles * this.#holdMs
  }

  take(grant: Grant): void {
    this.#used += grant.cost
    this.#inFlight.push(grant)
  }

  /**
   * The server has counted the grant by now, as `slots` of them. Called once a grant, before its `isSettled` is set.
   *
   * Past its bound, advancing has already noted what it took as counted then. What is new is all of it, where the server
   * counts at the end, and what exceeds its cost, where not.
   */
  settle(nowMs: number, grant: Grant, slots: number = grant.cost): void {
    this.#advance(nowMs)
    if (grant.grantedAtMs + this.#countedWithinMs > this.#nowMs) {
      if (slots !== grant.cost) this.#used += slots - grant.cost
      this.#counted.add(this.#nowMs + this.#holdMs, slots)
    } else if (slots !== grant.cost || this.#isCountedAtEnd) this.#settleLate(grant, slots)
  }

  #settleLate(grant: Grant, slots: number): void {
    const added = this.#isCountedAtEnd ? slots : Math.max(0, slots - grant.cost)
    this.#used += added
    this.#counted.add(this.#nowMs + this.#holdMs, added)
  }

  /** The slots that have to be free: all of them for a call of more tokens than there are. */
  #roomFor(cost: number): number {
    return this.unit === 'tokens' ? Math.min(cost, this.#slotsMax) : cost
  }

  /** The instant from which `slots` fit. More than the limit never do. */
  #fitsAtMs(nowMs: number, slots: number): number {
    this.#advance(nowMs)
    const missing = this.#used + slots - this.#slotsMax
    if (missing + this.#othersNow <= 0) return nowMs
    if (this.#others === undefined) return this.#freedAtMs(nowMs, missing)
    return this.#others.roomAtMs(nowMs, (others) => this.#freedAtMs(nowMs, missing + others))
  }

  /** The instant at which `missing` own slots are back, at the latest. There may be fewer: then it is never. */
  #freedAtMs(nowMs: number, missing: number): number {
    if (missing <= 0) return nowMs
    if (missing > this.#used) return Infinity
    const counted = this.#counted.pending
    return missing <= counted
      ? this.#counted.freeAtMs(missing)
      : this.#boundFreeAtMs(missing - counted)
  }

  /** The same at the earliest: what is in flight may settle now. */
  #freedAtMsAtLeast(nowMs: number, missing: number): number {
    if (missing <= 0) return nowMs
    return missing <= this.#counted.pending ? this.#counted.freeAtMs(missing) : nowMs + this.#holdMs
  }

  /** The instant from which `cost` fits if all that is in flight, and all that goes first, turns out to cost nothing. */
  #unlessRefundedAtMs(nowMs: number, cost: number): number {
    const { pending } = this.#counted
    const missing = pending + this.#roomFor(cost) - this.#slotsMax
    const freedAtMs = (slots: number): number => {
      if (slots > pending) return Infinity
      return slots <= 0 ? nowMs : this.#counted.freeAtMs(slots)
    }
    if (this.#others === undefined) return freedAtMs(missing)
    return this.#others.roomAtMs(nowMs, (slots) => freedAtMs(missing + slots))
  }

  /** The instant at which `slots` of those in flight are back at the latest. */
  #boundFreeAtMs(slots: number): number {
    let rest = slots
    for (let index = 0; index < this.#inFlight.length; index += 1) {
      const grant = this.#inFlight.at(index)!
      if (grant.isSettled) continue
      rest -= grant.cost
      if (rest <= 0) return grant.grantedAtMs + this.#countedWithinMs + this.#holdMs
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
      const countedAtMs = grant.grantedAtMs + this.#countedWithinMs
      if (!grant.isSettled && countedAtMs > this.#nowMs) break
      this.#inFlight.shift()
      if (!grant.isSettled) this.#counted.add(countedAtMs + this.#holdMs, grant.cost)
    }
    this.#used -= this.#counted.takeUntil(this.#nowMs)
    if (this.#others !== undefined) this.#othersNow = this.#others.at(this.#nowMs)
  }
}
