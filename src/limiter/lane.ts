/**
 * All calls that touch the same limits: one endpoint class and one model. A lane grants from all its constraints or
 * from none, and knows what settling and releasing a grant gives back.
 */
import type { RateReading } from '../core/headers/rate-readings.ts'
import type { EndpointClass } from '../core/profile.ts'
import type { Places } from './concurrency.ts'
import type { Constraint, Demand, Grant } from './constraint.ts'
import { findQuotaMeant, slotsOfOthers } from './feedback.ts'
import type { GcraPacer } from './gcra-pacer.ts'
import { pauseKeyOf } from './pauses.ts'
import type { RateQuota } from './rate-quota.ts'
import type { StrictWindow } from './strict-window.ts'
import { TokenHold, type TokenLedger } from './token-ledger.ts'
import { WaitQueue, type Waiting } from './wait-queue.ts'

/** What a lane's calls have to pass. @internal */
export interface LaneLimits {
  /** Of the limits in requests, like the pacers. */
  readonly windows: readonly StrictWindow[]
  readonly pacers: readonly GcraPacer[]
  readonly places: readonly Places[]
  /** Of the limits in tokens. */
  readonly ledgers: readonly TokenLedger[]
  /** Those that learn from answers. @defaultValue none */
  readonly adaptiveQuotas?: readonly RateQuota[]
  /** All that apply, for what answers tell of them. @defaultValue none */
  readonly quotas?: readonly RateQuota[]
}

/** Of most lanes: they are told by it at the least cost, for every grant asks. */
const noLedgers: readonly TokenLedger[] = []

/** One grant and how far its life has come. @internal */
export class LaneGrant implements Grant {
  readonly grantedAtMs: number
  readonly cost: number
  /** Own slots of the lane's windows that had come back by the grant, since the beginning. */
  readonly freedBefore: number
  /** Undefined where no limit of the lane counts tokens. */
  tokenHold: TokenHold | undefined = undefined
  isSettled = false
  /** Its job places are free. */
  isReleased = false
  isAbandoned = false
  /** What its answer says about the rate has been told. */
  isReported = false

  constructor(grantedAtMs: number, cost: number, freedBefore: number) {
    this.grantedAtMs = grantedAtMs
    this.cost = cost
    this.freedBefore = freedBefore
  }
}

/** @internal */
export class Lane<T extends Waiting> {
  readonly endpoint: EndpointClass
  readonly model: string | undefined
  readonly pauseKey: string
  /** All of them, those of the limits in tokens included. */
  readonly pacers: readonly GcraPacer[]
  readonly constraints: readonly Constraint[]
  readonly adaptiveQuotas: readonly RateQuota[]
  readonly queue: WaitQueue<T> = new WaitQueue<T>()
  readonly #requestConstraints: readonly Constraint[]
  readonly #tokenConstraints: readonly Constraint[]
  readonly #ledgers: readonly TokenLedger[]
  readonly #windows: readonly StrictWindow[]
  readonly #quotas: readonly RateQuota[]
  readonly #responsePlaces: readonly Places[]
  readonly #jobPlaces: readonly Places[]

  constructor(key: { endpoint: EndpointClass; model: string | undefined }, limits: LaneLimits) {
    this.endpoint = key.endpoint
    this.model = key.model
    this.pauseKey = pauseKeyOf(key.endpoint, key.model)
    this.#ledgers = limits.ledgers.length === 0 ? noLedgers : limits.ledgers
    this.adaptiveQuotas = limits.adaptiveQuotas ?? []
    this.#quotas = limits.quotas ?? []
    this.#requestConstraints = [...limits.windows, ...limits.pacers, ...limits.places]
    this.#tokenConstraints = limits.ledgers.flatMap(({ window, pacer }) => {
      return window === undefined ? [pacer] : [window, pacer]
    })
    this.constraints = [...this.#requestConstraints, ...this.#tokenConstraints]
    this.pacers = [...limits.pacers, ...limits.ledgers.map(({ pacer }) => pacer)]
    this.#windows = limits.windows
    this.#responsePlaces = limits.places.filter((places) => places.heldUntil === 'response')
    this.#jobPlaces = limits.places.filter((places) => places.heldUntil === 'job')
  }

  /** Whether a limit in tokens is among its limits. */
  get countsTokens(): boolean {
    return this.#ledgers !== noLedgers
  }

  /** Its grants hold places until they are released. */
  get holdsJobs(): boolean {
    return this.#jobPlaces.length > 0
  }

  /** The instant from which every constraint allows it; `Infinity` where a place has to be given back first. */
  allowAtMs(nowMs: number, demand: Demand): number {
    const { cost } = demand
    let allowAtMs = nowMs
    for (const constraint of this.#requestConstraints) {
      const atMs = constraint.allowAtMs(nowMs, cost)
      if (atMs > allowAtMs) allowAtMs = atMs
    }
    return this.#ledgers === noLedgers ? allowAtMs : this.#withTokensAtMs(nowMs, allowAtMs, demand)
  }

  /** The later of `allowAtMs` and the instant from which the token limits allow it. */
  #withTokensAtMs(nowMs: number, allowAtMs: number, { tokens }: Demand): number {
    return this.#tokenConstraints.reduce((latestMs, constraint) => {
      return Math.max(latestMs, constraint.allowAtMs(nowMs, tokens))
    }, allowAtMs)
  }

  /** The constraint that can never grant so many requests, if there is one. No number of tokens is too large for ever. */
  constraintTooSmallFor(cost: number): Constraint | undefined {
    for (const constraint of this.#requestConstraints) {
      if (cost > constraint.costMax) return constraint
    }
    return undefined
  }

  /** Takes from every constraint. The caller has seen that all allow it. */
  take(nowMs: number, demand: Demand): LaneGrant {
    const grant = new LaneGrant(nowMs, demand.cost, this.#freedSlots())
    for (const constraint of this.#requestConstraints) constraint.take(grant)
    if (this.#ledgers !== noLedgers) {
      const hold = new TokenHold(nowMs, demand.tokens, this.#freedTokens())
      for (const ledger of this.#ledgers) ledger.take(hold)
      grant.tokenHold = hold
    }
    return grant
  }

  /** The answer to the grant, which came by now, says this of some quota. It may tighten one of the lane's windows. */
  observe(nowMs: number, grant: LaneGrant, reading: RateReading): void {
    const window = findQuotaMeant(reading, this.#quotas)?.readableWindow
    if (window === undefined) return
    const heldNow = window.usedAt(nowMs)
    // Of all windows together: it is at least what came back of this one.
    const freedSince =
      window.unit === 'requests'
        ? this.#freedSlots() - grant.freedBefore
        : this.#freedTokens() - (grant.tokenHold?.freedBefore ?? 0)
    const ownMax = heldNow + freedSince
    window.noteOthers(nowMs, slotsOfOthers(reading, { slotsMax: window.slotsMax, ownMax }))
  }

  /** The server has counted the request by now. Returns false where nothing was left to settle. */
  settle(nowMs: number, grant: LaneGrant): boolean {
    if (grant.isSettled || grant.isAbandoned) return false
    for (const window of this.#windows) window.settle(nowMs, grant)
    grant.isSettled = true
    for (const places of this.#responsePlaces) places.giveBack(grant)
    return true
  }

  /** The answer has ended and came to `used` tokens. Returns false where nothing was left to settle. */
  settleTokens(nowMs: number, grant: LaneGrant, used: number): boolean {
    const hold = grant.tokenHold
    if (hold === undefined || hold.isSettled || grant.isAbandoned) return false
    for (const ledger of this.#ledgers) ledger.settle(nowMs, hold, used)
    hold.isSettled = true
    return true
  }

  /** What the request occupied is free. Returns false where nothing was. */
  release(grant: LaneGrant): boolean {
    if (grant.isReleased || grant.isAbandoned) return false
    grant.isReleased = true
    for (const places of this.#jobPlaces) places.giveBack(grant)
    return true
  }

  /** No headers came: places are free, the windows' slots stay until their bounds. Returns false where all was over. */
  abandon(nowMs: number, grant: LaneGrant): boolean {
    const hold = grant.tokenHold
    const hasTokens = hold !== undefined && !hold.isSettled
    if (grant.isAbandoned || (grant.isSettled && grant.isReleased && !hasTokens)) return false
    if (!grant.isSettled) for (const places of this.#responsePlaces) places.giveBack(grant)
    this.release(grant)
    if (hasTokens) {
      for (const ledger of this.#ledgers) ledger.abandon(nowMs, hold)
      hold.isAbandoned = true
    }
    grant.isAbandoned = true
    return true
  }

  #freedSlots(): number {
    let freed = 0
    for (const window of this.#windows) freed += window.freed
    return freed
  }

  #freedTokens(): number {
    let freed = 0
    for (const { window } of this.#ledgers) freed += window?.freed ?? 0
    return freed
  }
}
