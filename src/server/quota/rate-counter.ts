/**
 * What the three ways to count have in common.
 *
 * A counter holds one limit of one API key. It never reads a clock; its caller passes instants that never go back. Every
 * operation takes constant time, amortised.
 */

/** One limit of one API key. @internal */
export interface RateCounter {
  /** Requests that would pass at this instant, one after the other: a whole number, 0 or more. */
  remaining(nowMs: number): number
  /** The earliest instant, `nowMs` included, at which a request passes if none comes before. */
  allowAtMs(nowMs: number): number
  /** Counts one request, whether or not there was room for it. */
  charge(nowMs: number): void
  /** True when forgetting the counter changes nothing. */
  isIdle(nowMs: number): boolean
}

/** What a counter counts against. @internal */
export interface RateCounterLimit {
  readonly requestsMax: number
  readonly windowMs: number
}
