/**
 * Which slots come back when: a list of instants that only grow, with running totals.
 *
 * The totals answer "when are n of them back?" by bisection, so that a deadline can be judged behind a long queue. It
 * knows nothing of why a slot was taken.
 */

const DEAD_FRONT_MIN = 256

/** @internal */
export class ReleaseLog {
  #freeAtMs: number[] = []
  /** Slots added up to and with each entry, since the beginning. */
  #totals: number[] = []
  #head = 0
  #added = 0
  #freed = 0

  /** Slots that have not come back yet. */
  get pending(): number {
    return this.#added - this.#freed
  }

  /** Slots that have come back, since the beginning. */
  get freed(): number {
    return this.#freed
  }

  /** Notes that `slots` come back at `freeAtMs`, which is not before any instant noted earlier. */
  add(freeAtMs: number, slots: number): void {
    this.#added += slots
    const last = this.#freeAtMs.length - 1
    if (last >= this.#head && this.#freeAtMs[last] === freeAtMs) {
      this.#totals[last] = this.#added
      return
    }
    this.#freeAtMs.push(freeAtMs)
    this.#totals.push(this.#added)
  }

  /** Removes what has come back by `nowMs` and returns how many slots that were. */
  takeUntil(nowMs: number): number {
    const before = this.#freed
    while (this.#head < this.#freeAtMs.length && this.#freeAtMs[this.#head]! <= nowMs) {
      this.#freed = this.#totals[this.#head]!
      this.#head += 1
    }
    this.#cutDeadFront()
    return this.#freed - before
  }

  /** The instant at which `slots` (1 to `pending`) of them are back. O(log n). */
  freeAtMs(slots: number): number {
    const wanted = this.#freed + slots
    let low = this.#head
    let high = this.#totals.length - 1
    if (this.#totals[low]! >= wanted) high = low
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#totals[middle]! >= wanted) high = middle
      else low = middle + 1
    }
    return this.#freeAtMs[low]!
  }

  #cutDeadFront(): void {
    if (this.#head < DEAD_FRONT_MIN || this.#head * 2 < this.#freeAtMs.length) return
    this.#freeAtMs.splice(0, this.#head)
    this.#totals.splice(0, this.#head)
    this.#head = 0
  }
}
