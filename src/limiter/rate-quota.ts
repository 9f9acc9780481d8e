/**
 * One rate limit at work: a pacer, and a strict window where the limit is strict.
 */
import type { RateLimit } from '../core/profile.ts'
import { AdaptiveQuota } from './adaptive-quota.ts'
import type { RateEvent } from './adaptive-rate.ts'
import { GcraPacer, type PacerRate } from './gcra-pacer.ts'
import { StrictWindow } from './strict-window.ts'

/** How requests are spread over a window. @public */
export type Pacing = 'even' | 'burst'

/** @internal */
export interface RateQuotaOptions {
  readonly pacing: Pacing
  /** Undefined: one second's quota. */
  readonly burstMax: number | undefined
  readonly arrivalBoundMs: number
  /** The share of the window that is taken as used at `startMs`, 0 to 1. */
  readonly initialUsage: number
  readonly startMs: number
}

/** Shorter windows lose too much to the wait for headers: they are paced at a margin instead. */
const STRICT_WINDOW_MS_MIN = 10_000
/** Tenths of a limit that are used where it is only paced; the tenth left is for its burst. */
const PACED_TENTHS = 9

/** @internal */
export class RateQuota {
  readonly limit: RateLimit
  /** Whose quota it is, where each model has its own. */
  readonly model: string | undefined
  readonly window: StrictWindow | undefined
  readonly pacer: GcraPacer
  readonly #adaptive: AdaptiveQuota | undefined
  readonly #options: RateQuotaOptions
  #requestsMax: number

  constructor(limit: RateLimit, model: string | undefined, options: RateQuotaOptions) {
    this.limit = limit
    this.model = model
    this.#options = options
    this.#requestsMax = limit.requestsMax
    this.window = isStrict(limit)
      ? new StrictWindow({ ...limit, arrivalBoundMs: options.arrivalBoundMs })
      : undefined
    this.#adaptive =
      limit.adaptive === undefined ? undefined : new AdaptiveQuota(limit, limit.requestsMax)
    this.pacer = new GcraPacer(limit.id, this.#pacerRate())
    this.#assumeInitialUsage()
  }

  get requestsMax(): number {
    return this.#requestsMax
  }

  /** Requests per window at present, fractions included, where the limit is adaptive. */
  get requestsNow(): number | undefined {
    return this.#adaptive?.requests
  }

  setRequestsMax(nowMs: number, requestsMax: number): void {
    this.#requestsMax = requestsMax
    this.window?.setRequestsMax(requestsMax)
    this.#adaptive?.setRequestsMax(this.limit, requestsMax)
    this.pacer.setRate(nowMs, this.#pacerRate())
  }

  /** An answer came; of a limit that is not adaptive nothing changes. */
  learn(nowMs: number, event: RateEvent): void {
    if (this.#adaptive?.learn(nowMs, event) === true) this.pacer.setRate(nowMs, this.#pacerRate())
  }

  /** Slots taken; of a limit that is only paced, the requests that the pacer still has to make up for. */
  usedAt(nowMs: number): number {
    return this.window?.usedAt(nowMs) ?? Math.ceil(this.pacer.debtAt(nowMs))
  }

  /** A new quota in its place would decide the same. */
  isIdleAt(nowMs: number): boolean {
    if (this.#adaptive !== undefined && !this.#adaptive.isForgettableAt(nowMs)) return false
    return this.usedAt(nowMs) === 0 && this.pacer.debtAt(nowMs) === 0
  }

  #pacerRate(): PacerRate {
    return this.#adaptive?.pacerRate() ?? rateOf(this.limit, this.#requestsMax, this.#options)
  }

  /** A predecessor's requests: granted at the start, never settled, and its burst is spent. */
  #assumeInitialUsage(): void {
    const { initialUsage, startMs } = this.#options
    const cost = Math.floor(initialUsage * this.#requestsMax)
    if (initialUsage > 0) this.pacer.empty(startMs)
    if (cost > 0) this.window?.take({ grantedAtMs: startMs, cost, isSettled: false })
  }
}

function isStrict(limit: RateLimit): boolean {
  return limit.strict ?? limit.windowMs >= STRICT_WINDOW_MS_MIN
}

function rateOf(limit: RateLimit, requestsMax: number, options: RateQuotaOptions): PacerRate {
  const share = isStrict(limit) ? 1 : PACED_TENTHS / 10
  return {
    emissionIntervalMs: limit.windowMs / (requestsMax * share),
    burst: burstOf(limit, requestsMax, options),
    costMax: requestsMax,
  }
}

/**
 * Where only the pacer guards the limit, a window may hold the burst and a window's worth of the rate, so the burst has
 * to fit into what the rate leaves.
 */
function burstOf(limit: RateLimit, requestsMax: number, options: RateQuotaOptions): number {
  const secondsQuota = Math.floor((requestsMax * 1_000) / limit.windowMs)
  const wanted = options.pacing === 'burst' ? requestsMax : (options.burstMax ?? secondsQuota)
  const cap = isStrict(limit) ? requestsMax : Math.floor((requestsMax * (10 - PACED_TENTHS)) / 10)
  return Math.max(1, Math.min(wanted, cap))
}
