/**
 * The limiter's options: their defaults, and what is accepted.
 */
import { type Clock, systemClock } from '../core/clock.ts'
import { InvalidOptionError } from '../core/errors.ts'
import type { EventListener } from '../core/events.ts'
import { documentedProfile, type Profile, type RateLimit } from '../core/profile.ts'
import type { Random } from '../core/random.ts'
import { assertProfile } from './assert-profile.ts'
import type { Pacing } from './rate-quota.ts'
import { assertFinite, assertWhole } from './validate.ts'

/** What becomes of the rate headers of answers. @public */
export type RateHeaderUse = 'tighten' | 'ignore'

/** How a limiter is set up. @public */
export interface LimiterOptions {
  /** The limits. @defaultValue the `documented` profile */
  readonly profile?: Profile
  /**
   * Requests a minute for chat: a whole number, at least 1. Replaces every limit in requests that chat draws on, the
   * shared quota included, and caps those that only embeddings draw on.
   */
  readonly maxPerMinute?: number
  /** `even` spaces requests, `burst` lets a whole window go at once; after a pause both space. @defaultValue 'even' */
  readonly pacing?: Pacing
  /**
   * Requests that may go at once after idling: a whole number, at least 1. Of a limit in tokens always one second's quota
   * may go at once, or a whole window with `burst` and where the server counts used tokens.
   * @defaultValue one second's quota
   */
  readonly burstMax?: number
  /**
   * The longest that a request may take from its grant until the server counts it, in milliseconds, 0 or more. Too small
   * breaks the promise; large costs quota where permits are not settled. @defaultValue 5_000
   */
  readonly arrivalBoundMs?: number
  /**
   * The longest that an answer may take from its grant to the end of its body, in milliseconds, 0 or more: so long, and
   * one window, tokens stay reserved of which nobody says what became of them. It is never taken to be shorter than
   * `arrivalBoundMs`. Too small breaks the promise for limits in tokens, where the server counts used ones; large costs
   * quota where tokens are not settled. @defaultValue 60_000
   */
  readonly answerBoundMs?: number
  /** Tokens that a call reserves which names none: a whole number, 0 or more. @defaultValue 0 */
  readonly tokensDefault?: number
  /** The share of each window, 0 to 1, that a predecessor has used already. @defaultValue 0 */
  readonly initialUsage?: number
  /** Calls that may wait: a whole number, 0 or more. @defaultValue 100_000 */
  readonly queueLengthMax?: number
  /** Requests at once, over all endpoint classes: a whole number, at least 1. @defaultValue none */
  readonly concurrencyMax?: number
  /** Calls fail at once while a pause lasts longer than this, in milliseconds, 0 or more. @defaultValue 120_000 */
  readonly pauseMsMax?: number
  /** One step of priority counts as much as having waited so much longer, in milliseconds, 0 or more. @defaultValue 10_000 */
  readonly priorityAgingMs?: number
  /**
   * Whether what answers say is left of a quota (`x-ratelimit-remaining` and its like) may hold calls back, where others
   * use it too: `tighten` takes as many slots as they show others to have, for one window. It never allows a call that
   * would not be allowed without, and leaves at least half of each limit. @defaultValue 'tighten'
   */
  readonly rateHeaders?: RateHeaderUse
  /** What events and snapshots call this limiter, to tell it from others. @defaultValue the profile's name */
  readonly name?: string
  /**
   * Is told what happens, also by `togetherRetry` and the fetch where they have no `onEvent` of their own. It is called when
   * the limiter is done with what happened, and may call the limiter. What it throws becomes an unhandled rejection.
   */
  readonly onEvent?: EventListener | undefined
  /** @defaultValue the system's */
  readonly clock?: Clock
  /** Taken for the sake of one shape with the other modules; this one draws no random numbers. */
  readonly random?: Random
}

/** The defaults of {@link LimiterOptions}. @public */
export const limiterDefaults: {
  readonly profile: Profile
  readonly pacing: Pacing
  readonly arrivalBoundMs: number
  readonly answerBoundMs: number
  readonly tokensDefault: number
  readonly initialUsage: number
  readonly queueLengthMax: number
  readonly pauseMsMax: number
  readonly priorityAgingMs: number
  readonly rateHeaders: RateHeaderUse
  readonly clock: Clock
} = Object.freeze({
  profile: documentedProfile,
  pacing: 'even',
  arrivalBoundMs: 5_000,
  answerBoundMs: 60_000,
  tokensDefault: 0,
  initialUsage: 0,
  queueLengthMax: 100_000,
  pauseMsMax: 120_000,
  priorityAgingMs: 10_000,
  rateHeaders: 'tighten',
  clock: systemClock,
})

/** All options with a value, and those that have no default. @internal */
export type ResolvedOptions = typeof limiterDefaults &
  Pick<LimiterOptions, 'burstMax' | 'onEvent'> & { readonly name: string }

const MINUTE_MS = 60_000

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {InvalidOptionError} naming the option, its value and what would be accepted.
 * @internal
 */
export function resolveOptions(given: number | LimiterOptions | undefined): ResolvedOptions {
  const options = typeof given === 'number' ? { maxPerMinute: given } : (given ?? {})
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', options, 'an object or a number of requests a minute')
  }
  assertNumbers(options)
  assertWatch(options)
  const { pacing = 'even', rateHeaders = 'tighten', clock } = options
  if (pacing !== 'even' && pacing !== 'burst') {
    throw new InvalidOptionError('pacing', pacing, "'even' or 'burst'")
  }
  if (rateHeaders !== 'tighten' && rateHeaders !== 'ignore') {
    throw new InvalidOptionError('rateHeaders', rateHeaders, "'tighten' or 'ignore'")
  }
  if (clock !== undefined && typeof clock?.setTimer !== 'function') {
    throw new InvalidOptionError('clock', clock, 'a Clock')
  }
  const defined = Object.entries(options).filter(([, value]) => value !== undefined)
  const resolved: Omit<ResolvedOptions, 'name'> & LimiterOptions = {
    ...limiterDefaults,
    ...Object.fromEntries(defined),
  }
  assertProfile(resolved.profile)
  const profile = adaptProfile(resolved.profile, options)
  return { ...resolved, profile, name: resolved.name ?? profile.name }
}

function assertNumbers(options: LimiterOptions): void {
  const { maxPerMinute, burstMax, concurrencyMax, queueLengthMax, initialUsage } = options
  const { tokensDefault } = options
  if (tokensDefault !== undefined) assertWhole('tokensDefault', tokensDefault, { min: 0 })
  if (maxPerMinute !== undefined) assertWhole('maxPerMinute', maxPerMinute, { min: 1 })
  if (burstMax !== undefined) assertWhole('burstMax', burstMax, { min: 1 })
  if (concurrencyMax !== undefined) assertWhole('concurrencyMax', concurrencyMax, { min: 1 })
  if (queueLengthMax !== undefined) assertWhole('queueLengthMax', queueLengthMax, { min: 0 })
  if (initialUsage !== undefined) assertFinite('initialUsage', initialUsage, { min: 0, max: 1 })
  for (const name of [
    'arrivalBoundMs',
    'answerBoundMs',
    'pauseMsMax',
    'priorityAgingMs',
  ] as const) {
    const value = options[name]
    if (value !== undefined) assertFinite(name, value, { min: 0 })
  }
}

function assertWatch({ name, onEvent }: LimiterOptions): void {
  if (name !== undefined && typeof name !== 'string') {
    throw new InvalidOptionError('name', name, 'a text')
  }
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    throw new InvalidOptionError('onEvent', onEvent, 'a function')
  }
}

/** The profile with `maxPerMinute` and `concurrencyMax` worked in. */
function adaptProfile(profile: Profile, options: LimiterOptions): Profile {
  const { maxPerMinute, concurrencyMax } = options
  const rateLimits = profile.rateLimits.map((limit) =>
    maxPerMinute === undefined ? limit : withRequestsPerMinute(limit, maxPerMinute),
  )
  if (concurrencyMax === undefined) return { ...profile, rateLimits }
  const all = {
    id: 'concurrencyMax',
    endpoints: ['chat', 'embeddings', 'images', 'fine-tunes', 'batches'],
    concurrentMax: concurrencyMax,
    heldUntil: 'response',
  } as const
  return { ...profile, rateLimits, concurrencyLimits: [...profile.concurrencyLimits, all] }
}

function withRequestsPerMinute(limit: RateLimit, maxPerMinute: number): RateLimit {
  if (limit.requestsMax === undefined) return limit
  const requestsMax = Math.max(1, Math.floor((maxPerMinute * limit.windowMs) / MINUTE_MS))
  if (limit.endpoints.includes('chat')) return { ...limit, requestsMax }
  if (!limit.endpoints.includes('embeddings')) return limit
  return { ...limit, requestsMax: Math.min(requestsMax, limit.requestsMax) }
}
