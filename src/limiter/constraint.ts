/**
 * What a window, a pacer and a set of places have in common, so that a grant can ask all of them and take from all or
 * from none.
 */

/** What one grant took, as the constraints see it. The object's identity is the grant's. @internal */
export interface Grant {
  readonly grantedAtMs: number
  /** Requests: a whole number, at least 1. */
  readonly cost: number
  /** The server has counted it, and every window has noted when. */
  isSettled: boolean
}

/** A call's place behind others, for {@link Constraint.earliestAtMs}. @internal */
export interface QueuePosition {
  /** Requests that are granted before it, for certain. */
  readonly costAhead: number
  readonly cost: number
  /** Nothing is granted before this instant, and bursts are lost then; `-Infinity` where no pause is in force. */
  readonly pausedUntilMs: number
}

/** Something that limits grants. @internal */
export interface Constraint {
  /** The id of the limit it keeps. */
  readonly id: string
  /** The largest cost that can ever be granted. */
  readonly costMax: number
  /**
   * The instant from which `cost` fits, as far as is known: `nowMs` or earlier where it fits already, later where time
   * will do it, `Infinity` where only a release can. It may come true earlier, when a grant is settled or released.
   */
  allowAtMs(nowMs: number, cost: number): number
  /** The same for `cost`, if `costTaken`, which fits now, were granted first. */
  allowAfterMs(nowMs: number, costs: { readonly costTaken: number; readonly cost: number }): number
  /** An instant before which a queued call cannot be granted by this constraint. */
  earliestAtMs(nowMs: number, position: QueuePosition): number
  /** Takes what the grant costs; the caller has seen that it fits. */
  take(grant: Grant): void
}
