/**
 * Finds the rate that a server allows from its answers alone: no header is needed, and none is read.
 *
 * The curve is that of CUBIC (Ha, Rhee and Xu 2008; RFC 9438) in relative terms: after a refusal the rate falls by a
 * share, comes back quickly to just below the rate that was refused, stays near it, and then probes further, slowly at
 * first. Time is counted as CUBIC does not: by what was sent and answered well, so that whoever does not use the rate
 * learns nothing (RFC 7661). Pure: a state and an answer in, a state out.
 */

/** What became of a request, as far as a rate is concerned. @public */
export type RequestOutcome =
  /** Answered well: the rate is allowed. */
  | 'succeeded'
  /** Refused for its rate: a 429, whatever type its body names. */
  | 'limited'
  /** The server is short of capacity, or broken: 5xx. It says nothing about the rate. */
  | 'overloaded'
  /** No answer, or one that has nothing to do with rates, such as a 402. */
  | 'failed'

/** Between which bounds a rate moves. All in requests per window. @internal */
export interface AdaptiveBounds {
  /** Above 0. Refusals do not push the rate below it. */
  readonly requestsMin: number
  readonly requestsMax: number
  readonly windowMs: number
}

/** An answer to a request. @internal */
export interface RateEvent {
  readonly outcome: RequestOutcome
  /** When the request was granted, on the clock of `nowMs`. */
  readonly grantedAtMs: number
  /** Requests that the grant stood for. */
  readonly cost: number
}

/** What is known of the allowed rate. @internal */
export interface AdaptiveRate {
  /** Requests per window, within the bounds; fractions included. */
  readonly requests: number
  /** The rate around which the next stretch of the curve is flat: the one refused last, or a little more. */
  readonly goodRequests: number
  /** The rate after the last refusal, from which the curve rises. */
  readonly lowRequests: number
  /** For so long has the rate been used since then, in milliseconds. */
  readonly usedMs: number
  /** When the rate fell last; `-Infinity` where it has not. */
  readonly fellAtMs: number
  /** Falls since the rate was used for long enough to be proven. */
  readonly fallsInARow: number
  /** The latest grant that was answered well; `-Infinity` where none was. */
  readonly latestGrantAtMs: number
}

/** What is left of the rate after a refusal. CUBIC has 0.7: there a queue has to drain, a quota has none. */
const FALL_SHARE = 0.97
/** A rate that is refused again before it was used for so long is wrong by more than a little: it falls faster each time. */
const PROOF_MS = 1_000
const FALL_SHARE_MIN = 0.5
/** The rate is back at the good one after so much use, and leaves it upwards. Less finds more, and is refused more. */
const RECOVERY_MS = 9_000
/** How far the rate rises above a good one in the next `RECOVERY_MS`, as a share of it. */
const PROBE_SHARE = 0.2
/** A rate counts as used while its requests are at most so many intervals apart. */
const USED_INTERVALS_MAX = 2

/** The rate before the first answer: it probes at once. @param requests - Within the bounds. @internal */
export function startAdaptiveRate(requests: number, bounds: AdaptiveBounds): AdaptiveRate {
  const start = clamp(requests, bounds)
  return {
    requests: start,
    goodRequests: start,
    lowRequests: start,
    usedMs: RECOVERY_MS,
    fellAtMs: -Infinity,
    fallsInARow: 0,
    latestGrantAtMs: -Infinity,
  }
}

/**
 * Learns from one answer.
 *
 * Answers to requests that were granted before the rate fell last are about the rate before that, so a burst of refusals
 * lowers it once. Only a `limited` lowers it and only a `succeeded` raises it.
 *
 * @internal
 */
export function adaptRate(
  rate: AdaptiveRate,
  nowMs: number,
  { event, bounds }: { event: RateEvent; bounds: AdaptiveBounds },
): AdaptiveRate {
  if (event.grantedAtMs <= rate.fellAtMs) return rate
  if (event.outcome === 'limited') return fall(rate, nowMs, bounds)
  if (event.outcome === 'succeeded') return rise(rate, event, bounds)
  return rate
}

/** Puts a rate within bounds that have changed. @internal */
export function boundRate(rate: AdaptiveRate, bounds: AdaptiveBounds): AdaptiveRate {
  return {
    ...rate,
    requests: clamp(rate.requests, bounds),
    goodRequests: clamp(rate.goodRequests, bounds),
    lowRequests: clamp(rate.lowRequests, bounds),
  }
}

function fall(rate: AdaptiveRate, nowMs: number, bounds: AdaptiveBounds): AdaptiveRate {
  const fallsInARow = rate.usedMs < PROOF_MS ? rate.fallsInARow + 1 : 0
  const requests = clamp(rate.requests * fallShare(fallsInARow), bounds)
  return {
    requests,
    // Half of the memory only: what is refused below the good rate may be chance, or the limit has sunk.
    goodRequests: Math.max(rate.requests, (rate.requests + rate.goodRequests) / 2),
    lowRequests: requests,
    usedMs: 0,
    fellAtMs: nowMs,
    fallsInARow,
    latestGrantAtMs: rate.latestGrantAtMs,
  }
}

/** By squaring: 0.97, 0.94, 0.89 and so on; a limit that has sunk to a hundredth is found in a dozen refusals. */
function fallShare(fallsInARow: number): number {
  let share = FALL_SHARE
  for (let count = 0; count < fallsInARow && share > FALL_SHARE_MIN; count += 1) share *= share
  return Math.max(FALL_SHARE_MIN, share)
}

function rise(rate: AdaptiveRate, event: RateEvent, bounds: AdaptiveBounds): AdaptiveRate {
  const intervalMs = bounds.windowMs / rate.requests
  const gapMs = event.grantedAtMs - rate.latestGrantAtMs
  const latestGrantAtMs = Math.max(rate.latestGrantAtMs, event.grantedAtMs)
  if (gapMs > USED_INTERVALS_MAX * intervalMs * event.cost) return { ...rate, latestGrantAtMs }
  const usedMs = rate.usedMs + intervalMs * event.cost
  const curve = curveAt(rate, usedMs)
  // At a bound the curve waits, or the rate would stay there for as long as it was there.
  if (curve > bounds.requestsMax) return { ...rate, requests: bounds.requestsMax, latestGrantAtMs }
  return { ...rate, requests: Math.max(rate.requests, curve), usedMs, latestGrantAtMs }
}

/** The cubic: from the low rate at 0 over the good one, where it is flat, to beyond it. */
function curveAt({ goodRequests, lowRequests }: AdaptiveRate, usedMs: number): number {
  const offset = usedMs / RECOVERY_MS - 1
  const reach = offset < 0 ? goodRequests - lowRequests : goodRequests * PROBE_SHARE
  return goodRequests + reach * offset * offset * offset
}

function clamp(requests: number, { requestsMin, requestsMax }: AdaptiveBounds): number {
  return Math.min(requestsMax, Math.max(requestsMin, requests))
}
