/**
 * What the ways to count have in common.
 *
 * A counter holds one limit, in requests or in tokens, for whoever the limit is for. It never reads a clock; its caller
 * passes instants that never go back. Its units are whole. What costs more than the limit holds at all passes alone:
 * when nothing is counted.
 */

/** One limit, as far as it is used up. @internal */
export interface RateCounter {
  /** Units that pass at once where nothing is counted: a whole number, 0 or more. */
  capacity(nowMs: number): number
  /** Units that would pass at this instant, one after the other: a whole number, 0 or more. */
  remaining(nowMs: number): number
  /** The earliest instant, `nowMs` included, at which so many units pass together if none come before. */
  allowAtMs(nowMs: number, cost: number): number
  /** When everything counted is forgotten, if nothing comes before; `nowMs` where nothing is counted. */
  resetAtMs(nowMs: number): number
  /** Counts units, whether or not there was room for them. */
  charge(nowMs: number, cost: number): void
  /** True when forgetting the counter changes nothing. */
  isIdle(nowMs: number): boolean
  /** Holds another number of units from now on; what is counted stays counted. */
  resize(max: number): void
}

/** What a counter counts against. @internal */
export interface RateCounterLimit {
  /** Units, whole, 1 or more. */
  readonly max: number
  readonly windowMs: number
}
