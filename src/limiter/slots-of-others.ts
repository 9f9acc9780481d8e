/**
 * How many slots of a window are taken as used by others, and for how long: the highest of what was noted lately.
 *
 * What is noted is never added up - answers tell of the same requests again and again - and never taken back; it only
 * runs out. Ends are rounded up to a grid, so that there are few steps, however many answers come.
 */

/** Steps of the grid in one hold. */
const STEPS = 16

/** @internal */
export class SlotsOfOthers {
  readonly #holdMs: number
  readonly #gridMs: number
  /** Falling numbers of slots, each with the later instant until which it counts. */
  readonly #slots: number[] = []
  readonly #untilMs: number[] = []

  /** @param holdMs - What is noted counts for at least so long, and for less than a sixteenth longer. */
  constructor(holdMs: number) {
    this.#holdMs = holdMs
    this.#gridMs = holdMs / STEPS
  }

  /** Slots taken at `nowMs`, which never goes back. */
  at(nowMs: number): number {
    while (this.#untilMs.length > 0 && this.#untilMs[0]! <= nowMs) {
      this.#untilMs.shift()
      this.#slots.shift()
    }
    return this.#slots[0] ?? 0
  }

  /** Notes that others have `slots` of the window, above 0, as of `nowMs`. */
  note(nowMs: number, slots: number): void {
    const untilMs = Math.ceil((nowMs + this.#holdMs) / this.#gridMs) * this.#gridMs
    while (this.#slots.length > 0 && this.#slots.at(-1)! <= slots) {
      this.#slots.pop()
      this.#untilMs.pop()
    }
    if (this.#untilMs.length > 0 && this.#untilMs.at(-1)! >= untilMs) return
    this.#slots.push(slots)
    this.#untilMs.push(untilMs)
  }

  /**
   * The first instant at which there is room beside them.
   *
   * @param freeAtMs - From when on the window itself, without them, could spare so many slots; `Infinity` for never. The
   * fewer, the earlier.
   */
  roomAtMs(nowMs: number, freeAtMs: (slots: number) => number): number {
    let fromMs = nowMs
    let bestMs = Infinity
    for (let index = 0; index < this.#slots.length; index += 1) {
      bestMs = Math.min(bestMs, Math.max(fromMs, freeAtMs(this.#slots[index]!)))
      fromMs = Math.max(fromMs, this.#untilMs[index]!)
    }
    return Math.min(bestMs, Math.max(fromMs, freeAtMs(0)))
  }
}
