/**
 * All calls that touch the same limits: one endpoint class and one model. A lane grants from all its constraints or
 * from none, and knows what settling and releasing a grant gives back.
 */
import type { EndpointClass } from '../core/profile.ts'
import type { Places } from './concurrency.ts'
import type { Constraint, Grant } from './constraint.ts'
import type { GcraPacer } from './gcra-pacer.ts'
import { pauseKeyOf } from './pauses.ts'
import type { RateQuota } from './rate-quota.ts'
import type { StrictWindow } from './strict-window.ts'
import { WaitQueue, type Waiting } from './wait-queue.ts'

/** What a lane's calls have to pass. @internal */
export interface LaneLimits {
  readonly windows: readonly StrictWindow[]
  readonly pacers: readonly GcraPacer[]
  readonly places: readonly Places[]
  /** Those that learn from answers. @defaultValue none */
  readonly adaptiveQuotas?: readonly RateQuota[]
}

/** One grant and how far its life has come. @internal */
export class LaneGrant implements Grant {
  readonly grantedAtMs: number
  readonly cost: number
  isSettled = false
  /** Its job places are free. */
  isReleased = false
  isAbandoned = false
  /** What its answer says about the rate has been told. */
  isReported = false

  constructor(grantedAtMs: number, cost: number) {
    this.grantedAtMs = grantedAtMs
    this.cost = cost
  }
}

/** @internal */
export class Lane<T extends Waiting> {
  readonly endpoint: EndpointClass
  readonly model: string | undefined
  readonly pauseKey: string
  readonly pacers: readonly GcraPacer[]
  readonly constraints: readonly Constraint[]
  readonly adaptiveQuotas: readonly RateQuota[]
  readonly queue: WaitQueue<T> = new WaitQueue<T>()
  readonly #windows: readonly StrictWindow[]
  readonly #responsePlaces: readonly Places[]
  readonly #jobPlaces: readonly Places[]

  constructor(key: { endpoint: EndpointClass; model: string | undefined }, limits: LaneLimits) {
    this.endpoint = key.endpoint
    this.model = key.model
    this.pauseKey = pauseKeyOf(key.endpoint, key.model)
    this.pacers = limits.pacers
    this.adaptiveQuotas = limits.adaptiveQuotas ?? []
    this.constraints = [...limits.windows, ...limits.pacers, ...limits.places]
    this.#windows = limits.windows
    this.#responsePlaces = limits.places.filter((places) => places.heldUntil === 'response')
    this.#jobPlaces = limits.places.filter((places) => places.heldUntil === 'job')
  }

  /** The instant from which every constraint allows `cost`; `Infinity` where a place has to be given back first. */
  allowAtMs(nowMs: number, cost: number): number {
    let allowAtMs = nowMs
    for (const constraint of this.constraints) {
      const atMs = constraint.allowAtMs(nowMs, cost)
      if (atMs > allowAtMs) allowAtMs = atMs
    }
    return allowAtMs
  }

  /** The constraint that can never grant `cost`, if there is one. */
  constraintTooSmallFor(cost: number): Constraint | undefined {
    for (const constraint of this.constraints) if (cost > constraint.costMax) return constraint
    return undefined
  }

  /** Takes from every constraint. The caller has seen that all allow it. */
  take(nowMs: number, cost: number): LaneGrant {
    const grant = new LaneGrant(nowMs, cost)
    for (const constraint of this.constraints) constraint.take(grant)
    return grant
  }

  /** The server has counted the request by now. Returns false where nothing was left to settle. */
  settle(nowMs: number, grant: LaneGrant): boolean {
    if (grant.isSettled || grant.isAbandoned) return false
    for (const window of this.#windows) window.settle(nowMs, grant)
    grant.isSettled = true
    for (const places of this.#responsePlaces) places.giveBack(grant)
    return true
  }

  /** What the request occupied is free. Returns false where nothing was. */
  release(grant: LaneGrant): boolean {
    if (grant.isReleased || grant.isAbandoned) return false
    grant.isReleased = true
    for (const places of this.#jobPlaces) places.giveBack(grant)
    return true
  }

  /** No headers came: places are free, the window's slot stays until its bound. Returns false where all was over. */
  abandon(grant: LaneGrant): boolean {
    if (grant.isAbandoned || (grant.isSettled && grant.isReleased)) return false
    if (!grant.isSettled) for (const places of this.#responsePlaces) places.giveBack(grant)
    this.release(grant)
    grant.isAbandoned = true
    return true
  }
}
