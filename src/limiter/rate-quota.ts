/**
 * One rate limit at work: a pacer, a strict window where the limit is strict, and a ledger where it counts tokens.
 */
import type { RateLimit, TokenAccounting } from '../core/profile.ts'
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
    this.window = isStrict(limit) ? createWindow(limit, slotsMax, options) : undefined
    this.pacer = new GcraPacer(limit.id, rateOf(limit, slotsMax, options), {
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

  setSlotsMax(nowMs: number, slotsMax: number): void {
    this.#slotsMax = slotsMax
    this.window?.setSlotsMax(slotsMax)
    this.pacer.setRate(nowMs, rateOf(this.limit, slotsMax, this.#options))
  }

  /** Slots taken; of a limit that is only paced, what the pacer still has to make up for. */
  usedAt(nowMs: number): number {
    return this.window?.usedAt(nowMs) ?? Math.ceil(this.pacer.debtAt(nowMs) - DEBT_ROUNDING)
  }

  /** A new quota in its place would decide the same. */
  isIdleAt(nowMs: number): boolean {
    return this.usedAt(nowMs) === 0 && this.pacer.debtAt(nowMs) === 0
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

/** A server that counts used tokens does so when the answer ends, and it cannot end before the request has come. */
function countedWithinMs(limit: RateLimit, options: RateQuotaOptions): number {
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
    windowMs: limit.windowMs,
    countedWithinMs: countedWithinMs(limit, options),
    isCountedAtEnd: countsUsedTokens(limit, options),
  })
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
  const wanted = options.pacing === 'burst' ? slotsMax : burstMax
  const cap = isStrict(limit) ? slotsMax : Math.floor((slotsMax * (10 - PACED_TENTHS)) / 10)
  return Math.max(1, Math.min(wanted, cap))
}
