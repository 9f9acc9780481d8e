/**
 * The rate limits of all API keys: which of them a request draws on, and whether it may.
 *
 * A request is charged to all its limits at the same instant or to none. A key's counters are forgotten once they say
 * nothing, so that memory is bounded by the keys that were active within a window.
 */

import { FixedWindow } from './fixed-window.ts'
import { SlidingLog } from './sliding-log.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Enforcement } from '../contract.ts'
import type { RateCounter, RateCounterLimit } from './rate-counter.ts'
import type { ServerEndpoint, ServerRateLimit } from '../profiles/server-profile.ts'

/** What the quota says to one request. @internal */
export interface QuotaVerdict {
  readonly isAllowed: boolean
  /** The tightest limit: that with the fewest requests left or, on a refusal, the one that frees last. */
  readonly limit: ServerRateLimit
  /** Requests that still pass after this one. */
  readonly remaining: number
  /** When the next request passes, if none comes before. */
  readonly allowAtMs: number
}

interface Bound {
  readonly limit: ServerRateLimit
  readonly counter: RateCounter
}

/** By endpoint; an endpoint that is there has at least one. */
type KeyQuota = Map<ServerEndpoint, Bounds>
type Bounds = readonly [Bound, ...Bound[]]

const SWEEP_LENGTH_MIN = 1_024

/** Counts requests per API key. @internal */
export class Quota {
  readonly #limits: readonly ServerRateLimit[]
  readonly #enforcement: Enforcement
  readonly #countsRefused: boolean
  readonly #keys = new Map<string, KeyQuota>()
  #sweepLength = SWEEP_LENGTH_MIN

  constructor(
    limits: readonly ServerRateLimit[],
    enforcement: Enforcement,
    countsRefused: boolean,
  ) {
    this.#limits = limits
    this.#enforcement = enforcement
    this.#countsRefused = countsRefused
  }

  /** Keys that are remembered. */
  get keyCount(): number {
    return this.#keys.size
  }

  /** Decides on one request and counts it. Undefined where no limit applies. */
  decide(key: string, endpoint: ServerEndpoint, nowMs: number): QuotaVerdict | undefined {
    const bounds = this.#boundsFor(key, endpoint, nowMs)
    if (bounds === undefined) return undefined
    // Known before any is charged, for a charge may empty the others.
    const refusing = bounds.filter(({ counter }) => counter.remaining(nowMs) === 0)
    const isAllowed = refusing.length === 0
    if (isAllowed || this.#countsRefused) for (const { counter } of bounds) counter.charge(nowMs)
    return isAllowed ? tightest(bounds, nowMs) : lastToFree(bounds, refusing, nowMs)
  }

  /** The state of the limits without counting anything. Undefined where no limit applies. */
  peek(key: string, endpoint: ServerEndpoint, nowMs: number): QuotaVerdict | undefined {
    const bounds = this.#boundsFor(key, endpoint, nowMs)
    return bounds === undefined ? undefined : tightest(bounds, nowMs)
  }

  #boundsFor(key: string, endpoint: ServerEndpoint, nowMs: number): Bounds | undefined {
    let quota = this.#keys.get(key)
    if (quota === undefined) {
      this.#sweep(nowMs)
      quota = createKeyQuota(this.#limits, this.#enforcement)
      this.#keys.set(key, quota)
    }
    return quota.get(endpoint)
  }

  /** Forgets idle keys each time their number has doubled: constant time per key, amortised. */
  #sweep(nowMs: number): void {
    if (this.#keys.size < this.#sweepLength) return
    for (const [key, quota] of this.#keys) {
      const bounds = [...quota.values()].flat()
      if (bounds.every(({ counter }) => counter.isIdle(nowMs))) this.#keys.delete(key)
    }
    this.#sweepLength = Math.max(SWEEP_LENGTH_MIN, 2 * this.#keys.size)
  }
}

function createKeyQuota(limits: readonly ServerRateLimit[], enforcement: Enforcement): KeyQuota {
  const quota = new Map<ServerEndpoint, [Bound, ...Bound[]]>()
  for (const limit of limits) {
    const bound = { limit, counter: createCounter(enforcement, limit) }
    for (const endpoint of limit.endpoints) {
      const bounds = quota.get(endpoint)
      if (bounds === undefined) quota.set(endpoint, [bound])
      else bounds.push(bound)
    }
  }
  return quota
}

function createCounter(enforcement: Enforcement, limit: RateCounterLimit): RateCounter {
  switch (enforcement.kind) {
    case 'fixed-window':
      return new FixedWindow(limit, enforcement.phaseMs)
    case 'sliding-log':
      return new SlidingLog(limit)
    default:
      return new TokenBucket(limit)
  }
}

/** The verdict after a charge, or without one: room as it is now. */
function tightest(bounds: Bounds, nowMs: number): QuotaVerdict {
  let [{ limit }] = bounds
  let remaining = Infinity
  let allowAtMs = nowMs
  for (const bound of bounds) {
    const left = bound.counter.remaining(nowMs)
    if (left < remaining) {
      remaining = left
      limit = bound.limit
    }
    allowAtMs = Math.max(allowAtMs, bound.counter.allowAtMs(nowMs))
  }
  return { isAllowed: true, limit, remaining, allowAtMs }
}

/**
 * The verdict of a refusal. Where refusals are counted, a limit that had room may be the last to free afterwards: the
 * instant is that of all limits, the name that of one which refused.
 */
function lastToFree(bounds: Bounds, refusing: readonly Bound[], nowMs: number): QuotaVerdict {
  let [{ limit }] = bounds
  let refusedUntilMs = -Infinity
  for (const bound of refusing) {
    const untilMs = bound.counter.allowAtMs(nowMs)
    if (untilMs > refusedUntilMs) {
      refusedUntilMs = untilMs
      limit = bound.limit
    }
  }
  let allowAtMs = nowMs
  for (const { counter } of bounds) allowAtMs = Math.max(allowAtMs, counter.allowAtMs(nowMs))
  return { isAllowed: false, limit, remaining: 0, allowAtMs }
}
