/**
 * One rate limit at work: a pacer, a strict window where the limit is strict, and a ledger where it counts tokens.
 */
import type { RateLimit, TokenAccounting } from '../core/profile.ts'
import { AdaptiveQuota } from './adaptive-quota.ts'
import type { RateEvent } from './adaptive-rate.ts'
import type { Unit } from './constraint.ts'
import { GcraPacer, type PacerRate } from './gcra-pacer.ts'
import { StrictWindow } from './strict-window.ts'
import { RefundableTokens, TokenLedger } from './token-ledger.ts'

/** How requests are spread over a window. @public */
export type Pacing = 'even' | 'burst'

/** @internal */
export interface RateQuotaOptions {
  readonly pacing: Pacing
  /** For requests; undefined: one second's quota. */
  readonly burstMax: number | undefined
  readonly arrivalBoundMs: number
  /** From a grant until its answer has ended, at the most. */
  readonly answerBoundMs: number
  readonly tokenAccounting: TokenAccounting
  /** The share of the window that is taken as used at `startMs`, 0 to 1. */
  readonly initialUsage: number
  readonly startMs: number
}

/** Shorter windows lose too much to the wait for headers: they are paced at a margin instead. */
const STRICT_WINDOW_MS_MIN = 10_000
/** Tenths of a limit that are used where it is only paced; the tenth left is for its burst. */
const PACED_TENTHS = 9

/** Sums of fractions are off by less, and a whole number of tokens is not to be shown as one more. */
const DEBT_ROUNDING = 0.001

/** @internal */
export class RateQuota {
  readonly limit: RateLimit
  /** Whose quota it is, where each model has its own. */
  readonly model: string | undefined
  readonly unit: Unit
  readonly window: StrictWindow | undefined
  readonly pacer: GcraPacer
  /** Where tokens are counted. */
  readonly ledger: TokenLedger | undefined
  readonly #adaptive: AdaptiveQuota | undefined
  readonly #options: RateQuotaOptions
  #slotsMax: number

  /** @param slotsMax - Requests or tokens per window: what is in force, whatever the profile says. */
  constructor(
    { limit, model, slotsMax }: { limit: RateLimit; model: string | undefined; slotsMax: number },
    options: RateQuotaOptions,
  ) {
    this.limit = limit
    this.model = model
    this.unit = unitOf(limit)
    this.#options = options
    this.#slotsMax = slotsMax
    const refundable = refundableOf(limit, options)
    this.window = hasWindow(limit, options) ? createWindow(limit, slotsMax, options) : undefined
    this.#adaptive = limit.adaptive === undefined ? undefined : new AdaptiveQuota(limit, slotsMax)
    this.pacer = new GcraPacer(limit.id, this.#pacerRate(), {
      unit: this.unit,
      refundableAt: refundable && ((nowMs) => refundable.at(nowMs)),
    })
    const { window, pacer } = this
    const accounting = options.tokenAccounting
    const parts = { accounting, window, pacer, refundable }
    this.ledger = this.unit === 'tokens' ? new TokenLedger(parts) : undefined
    this.#assumeInitialUsage()
  }

  /** Requests or tokens per window. */
  get slotsMax(): number {
    return this.#slotsMax
  }

  /** Requests per window at present, fractions included, where the limit is adaptive. */
  get requestsNow(): number | undefined {
    return this.#adaptive?.requests
  }

  /**
   * The window that answers may tell of. Where a limit is only paced there is none: its slots come back a window after
   * their grant, when the server may still count them, and would be taken for those of others.
   */
  get readableWindow(): StrictWindow | undefined {
    return isStrict(this.limit) ? this.window : undefined
  }

  setSlotsMax(nowMs: number, slotsMax: number): void {
    this.#slotsMax = slotsMax
    this.window?.setSlotsMax(slotsMax)
    this.#adaptive?.setRequestsMax(this.limit, slotsMax)
    this.pacer.setRate(nowMs, this.#pacerRate())
  }

  /** An answer came; of a limit that is not adaptive nothing changes. */
  learn(nowMs: number, event: RateEvent): void {
    if (this.#adaptive?.learn(nowMs, event) === true) this.pacer.setRate(nowMs, this.#pacerRate())
  }

  /** Slots taken; of a limit that is only paced, what the pacer still has to make up for. */
  usedAt(nowMs: number): number {
    if (this.window !== undefined && isStrict(this.limit)) return this.window.usedAt(nowMs)
    return Math.max(0, Math.ceil(this.pacer.debtAt(nowMs) - DEBT_ROUNDING))
  }

  /** Slots that others are taken to have, as far as answers tell of them. */
  usedByOthersAt(nowMs: number): number {
    return this.window?.usedByOthersAt(nowMs) ?? 0
  }

  /** A new quota in its place would decide the same. */
  isIdleAt(nowMs: number): boolean {
    if (this.#adaptive !== undefined && !this.#adaptive.isForgettableAt(nowMs)) return false
    if (this.usedByOthersAt(nowMs) > 0) return false
    return (this.window?.usedAt(nowMs) ?? 0) === 0 && this.pacer.debtAt(nowMs) === 0
  }

  #pacerRate(): PacerRate {
    return this.#adaptive?.pacerRate() ?? rateOf(this.limit, this.#slotsMax, this.#options)
  }

  /** A predecessor's requests: granted at the start, never settled, and its burst is spent. */
  #assumeInitialUsage(): void {
    const { initialUsage, startMs } = this.#options
    const cost = Math.floor(initialUsage * this.#slotsMax)
    if (initialUsage > 0) this.pacer.empty(startMs)
    if (cost > 0) this.window?.take({ grantedAtMs: startMs, cost, isSettled: false })
  }
}

/** The largest number that a limit allows, as its profile says. @internal */
export function slotsMaxOf(limit: RateLimit): number {
  return limit.tokensMax ?? limit.requestsMax ?? 0
}

function unitOf(limit: RateLimit): Unit {
  return limit.tokensMax === undefined ? 'requests' : 'tokens'
}

/**
 * The latest that something is counted after its grant. A server that counts used tokens does so when the answer ends, and
 * it cannot end before the request has come. Where a limit is only paced, it is the grants themselves that are counted.
 */
function countedWithinMs(limit: RateLimit, options: RateQuotaOptions): number {
  if (!isStrict(limit) && !countsUsedTokens(limit, options)) return 0
  const { arrivalBoundMs, answerBoundMs } = options
  return unitOf(limit) === 'tokens' ? Math.max(arrivalBoundMs, answerBoundMs) : arrivalBoundMs
}

function countsUsedTokens(limit: RateLimit, options: RateQuotaOptions): boolean {
  return unitOf(limit) === 'tokens' && options.tokenAccounting === 'used'
}

function refundableOf(limit: RateLimit, options: RateQuotaOptions): RefundableTokens | undefined {
  if (!countsUsedTokens(limit, options)) return undefined
  return new RefundableTokens(countedWithinMs(limit, options))
}

function createWindow(limit: RateLimit, slotsMax: number, options: RateQuotaOptions): StrictWindow {
  return new StrictWindow({
    id: limit.id,
    unit: unitOf(limit),
    slotsMax,
    windowMs: isStrict(limit) ? limit.windowMs : (limit.windowMs * 10) / PACED_TENTHS,
    countedWithinMs: countedWithinMs(limit, options),
    isCountedAtEnd: countsUsedTokens(limit, options),
  })
}

/**
 * A pacer alone would let two large calls pass within one short window, for each is paid only afterwards. So reserved
 * tokens that are only paced have a window too, longer by a ninth for the requests' ways, which vary. Used ones have none:
 * they are counted when answers end, which no choice of grants can space.
 */
function hasWindow(limit: RateLimit, options: RateQuotaOptions): boolean {
  return isStrict(limit) || (unitOf(limit) === 'tokens' && !countsUsedTokens(limit, options))
}

function isStrict(limit: RateLimit): boolean {
  return limit.strict ?? limit.windowMs >= STRICT_WINDOW_MS_MIN
}

function rateOf(limit: RateLimit, slotsMax: number, options: RateQuotaOptions): PacerRate {
  const share = isStrict(limit) ? 1 : PACED_TENTHS / 10
  return {
    emissionIntervalMs: limit.windowMs / (slotsMax * share),
    burst: burstOf(limit, slotsMax, options),
    costMax: slotsMax,
  }
}

/**
 * Where only the pacer guards the limit, a window may hold the burst and a window's worth of the rate, so the burst has
 * to fit into what the rate leaves.
 */
function burstOf(limit: RateLimit, slotsMax: number, options: RateQuotaOptions): number {
  const secondsQuota = Math.floor((slotsMax * 1_000) / limit.windowMs)
  const burstMax = unitOf(limit) === 'tokens' ? secondsQuota : (options.burstMax ?? secondsQuota)
  // What comes back into a full bucket is lost, so where much does, much has to be in it: a small burst would space calls
  // by what they might have used.
  const isWhole = options.pacing === 'burst' || countsUsedTokens(limit, options)
  const wanted = isWhole ? slotsMax : burstMax
  const cap = isStrict(limit) ? slotsMax : Math.floor((slotsMax * (10 - PACED_TENTHS)) / 10)
  return Math.max(1, Math.min(wanted, cap))
}
