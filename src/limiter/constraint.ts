/**
 * What a window, a pacer and a set of places have in common, so that a grant can ask all of them and take from all or
 * from none.
 */

/** What a call asks for. @internal */
export interface Demand {
  /** Requests: a whole number, at least 1. */
  readonly cost: number
  /** Tokens of prompt and answer at the most, as far as is known: a whole number, 0 or more. */
  readonly tokens: number
}

/** What a constraint counts. @internal */
export type Unit = 'requests' | 'tokens'

/** What one grant took, as the constraints see it. The object's identity is the grant's. @internal */
export interface Grant {
  readonly grantedAtMs: number
  /** In the unit of the constraints that are told of it. */
  readonly cost: number
  /** The server has counted it, and every window has noted when. */
  isSettled: boolean
}

/** A call's place behind others, for {@link Constraint.earliestAtMs}. @internal */
export interface QueuePosition {
  /** What is granted before it, for certain. */
  readonly costAhead: number
  /** At least the largest single cost among those; 0 where none is larger than the limit. @defaultValue 0 */
  readonly largestAhead?: number
  readonly cost: number
  /** Nothing is granted before this instant, and bursts are lost then; `-Infinity` where no pause is in force. */
  readonly pausedUntilMs: number
}

/** The part of a demand that a constraint of this unit counts. @internal */
export function costIn(unit: Unit, demand: Demand): number {
  return unit === 'tokens' ? demand.tokens : demand.cost
}

/** Something that limits grants. Every cost is in its unit. @internal */
export interface Constraint {
  /** The id of the limit it keeps. */
  readonly id: string
  readonly unit: Unit
  /** The largest cost that can be granted beside others. A larger one in requests is refused, one in tokens goes alone. */
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
