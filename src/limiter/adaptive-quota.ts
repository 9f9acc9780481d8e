/**
 * A rate that learns, at work: which pace the pacer keeps, and what each answer changes about it.
 */
import type { RateLimit } from '../core/profile.ts'
import {
  adaptRate,
  boundRate,
  startAdaptiveRate,
  type AdaptiveBounds,
  type AdaptiveRate,
  type RateEvent,
} from './adaptive-rate.ts'
import type { PacerRate } from './gcra-pacer.ts'

/**
 * How late a timer may be without costing rate: a burst of so many milliseconds. More would bunch requests up, onto
 * servers that count by the second.
 */
const LATENESS_MS = 20
/** A rate that nobody has used for so long tells little; forgetting it lets a limiter with ever new models stay small. */
const MEMORY_MS = 3_600_000

/** @internal */
export class AdaptiveQuota {
  #bounds: AdaptiveBounds
  #rate: AdaptiveRate

  /** @param limit - One that is `adaptive`. */
  constructor(limit: RateLimit, requestsMax: number) {
    const { requestsMin = requestsMax, requestsStart = requestsMin } = limit.adaptive ?? {}
    this.#bounds = boundsOf(limit, requestsMax)
    this.#rate = startAdaptiveRate(requestsStart, this.#bounds)
  }

  /** Requests per window at present, fractions included. */
  get requests(): number {
    return this.#rate.requests
  }

  /** What was learned, if anything, is so old that a new quota may begin in its place. */
  isForgettableAt(nowMs: number): boolean {
    const { latestGrantAtMs, fellAtMs } = this.#rate
    return nowMs - Math.max(latestGrantAtMs, fellAtMs) > MEMORY_MS
  }

  /** @returns Whether the rate has changed. */
  learn(nowMs: number, event: RateEvent): boolean {
    const { requests } = this.#rate
    this.#rate = adaptRate(this.#rate, nowMs, { event, bounds: this.#bounds })
    return this.#rate.requests !== requests
  }

  setRequestsMax(limit: RateLimit, requestsMax: number): void {
    this.#bounds = boundsOf(limit, requestsMax)
    this.#rate = boundRate(this.#rate, this.#bounds)
  }

  pacerRate(): PacerRate {
    const { requestsMax, windowMs } = this.#bounds
    const emissionIntervalMs = windowMs / this.#rate.requests
    return { emissionIntervalMs, burst: 1 + LATENESS_MS / emissionIntervalMs, costMax: requestsMax }
  }
}

/** A ceiling that was set below the floor counts. */
function boundsOf({ adaptive, windowMs }: RateLimit, requestsMax: number): AdaptiveBounds {
  const requestsMin = Math.min(adaptive?.requestsMin ?? requestsMax, requestsMax)
  return { requestsMin, requestsMax, windowMs }
}
