/**
 * What a client may send, as data: the limits that a limiter keeps.
 *
 * The mock server has its own description of what it enforces and never reads this one, so that a wrong number here is
 * found by the simulator instead of being shared by both sides.
 */

/** A group of API operations that is limited together. @public */
export type EndpointClass = 'chat' | 'embeddings' | 'images' | 'fine-tunes' | 'batches'

/** All endpoint classes. @public */
export const endpointClasses: readonly EndpointClass[] = Object.freeze([
  'chat',
  'embeddings',
  'images',
  'fine-tunes',
  'batches',
] as const)

/**
 * So many requests, or so many tokens, in any window of so many milliseconds. It has either `requestsMax` or `tokensMax`.
 *
 * @public
 */
export interface RateLimit {
  /** Unique within the profile; shown in snapshots and errors. */
  readonly id: string
  /** The classes that draw on this limit. More than one: a shared quota. */
  readonly endpoints: readonly EndpointClass[]
  /** Requests per window: a whole number, at least 1. */
  readonly requestsMax?: number | undefined
  /** Tokens per window, of prompt and answer together: a whole number, at least 1. */
  readonly tokensMax?: number | undefined
  /** The window's length in milliseconds, at least 1. */
  readonly windowMs: number
  /**
   * Who shares the limit: all requests of the API key (`key`), or those for the same model (`model`).
   * @defaultValue 'key'
   */
  readonly scope?: 'key' | 'model'
  /** Only requests for these models draw on it. @defaultValue all models */
  readonly models?: readonly string[]
  /**
   * Whether the window is kept exactly, by holding each slot until the server must have forgotten the request; if not,
   * requests or tokens are only paced, at nine tenths of the limit.
   * @defaultValue true for windows of 10,000 ms and more
   */
  readonly strict?: boolean
  /**
   * Lets the rate follow the server's answers, for a limit that moves or is shared with others: `requestsMax` is then
   * only the most that it may be. A 429 lowers it, successes raise it slowly, nothing else changes it. Requests are
   * always spaced evenly. Whoever sends without `togetherRetry` has to tell, by the permit's `report()`.
   * @defaultValue the rate is `requestsMax`
   */
  readonly adaptive?: AdaptiveLimit
}

/** How a rate moves. @public */
export interface AdaptiveLimit {
  /** Requests per window that the rate never sinks below: above 0, at most `requestsMax`. */
  readonly requestsMin: number
  /** Requests per window before the first answer. @defaultValue requestsMin */
  readonly requestsStart?: number
}

/** So many requests, jobs or batches at once. @public */
export interface ConcurrencyLimit {
  readonly id: string
  readonly endpoints: readonly EndpointClass[]
  /** A whole number, at least 1. */
  readonly concurrentMax: number
  /**
   * What ends the occupation of a place: the response (`response`: `settle()`, `release()` or `abandon()`), or the end of
   * the job that the request started (`job`: only `release()` or `abandon()`).
   */
  readonly heldUntil: 'response' | 'job'
}

/**
 * Which tokens a server counts: those that a request may come to, when it arrives (`reserved`), or those that it came to,
 * when its answer ends (`used`).
 *
 * @public
 */
export type TokenAccounting = 'reserved' | 'used'

/** What one batch may hold, and what it costs. @public */
export interface BatchLimits {
  /** Requests in a batch: a whole number, at least 1. */
  readonly requestsMax: number
  /** Bytes of its file: a whole number, at least 1. */
  readonly bytesMax: number
  /** The price of a request in a batch, as a share of that of a call: 0 to 1. @defaultValue not known */
  readonly priceShare?: number | undefined
}

/** The limits of one API key. @public */
export interface Profile {
  readonly name: string
  /**
   * Which tokens the server counts. With `used`, what a call reserved and did not use may be spent again as soon as its
   * answer has ended; `reserved` is safe under both kinds of servers, so it is the one for a server of unknown kind.
   * @defaultValue 'reserved'
   */
  readonly tokenAccounting?: TokenAccounting
  readonly rateLimits: readonly RateLimit[]
  readonly concurrencyLimits: readonly ConcurrencyLimit[]
  /** How large batches are made. The limiter does not look at it. @defaultValue those of `documentedProfile` */
  readonly batches?: BatchLimits | undefined
}

/** Together's own numbers for batches; half the price is for selected models only. @internal */
export const togetherBatches: BatchLimits = Object.freeze({
  requestsMax: 50_000,
  bytesMax: 100_000_000,
  priceShare: 0.5,
})

const minuteMs = 60_000

/** The limits this project takes as given, per API key: the default profile. @public */
export const documentedProfile: Profile = Object.freeze({
  name: 'documented',
  rateLimits: [
    { id: 'chat', endpoints: ['chat'], requestsMax: 600, windowMs: minuteMs },
    { id: 'embeddings', endpoints: ['embeddings'], requestsMax: 300, windowMs: minuteMs },
    {
      id: 'chat-and-embeddings',
      endpoints: ['chat', 'embeddings'],
      requestsMax: 600,
      windowMs: minuteMs,
    },
    { id: 'images', endpoints: ['images'], requestsMax: 60, windowMs: minuteMs },
  ],
  concurrencyLimits: [
    { id: 'fine-tunes', endpoints: ['fine-tunes'], concurrentMax: 3, heldUntil: 'job' },
    { id: 'batches', endpoints: ['batches'], concurrentMax: 10, heldUntil: 'job' },
  ],
  batches: { requestsMax: 100, bytesMax: 100_000_000, priceShare: 0.5 },
} as const)

/** What a dynamic profile leaves open. @public */
export interface DynamicProfileOptions {
  /**
   * The most requests a minute and model that the limiter may ever send: a whole number, at least `baseRequests`. How far
   * Together lets a rate grow is not published. @defaultValue 6_000
   */
  readonly requestsMax?: number
  /** Requests a minute and model that are always allowed. @defaultValue 60, as documented */
  readonly baseRequests?: number
  /** Requests a minute and model to begin with, where the key has been in use. @defaultValue baseRequests */
  readonly requestsStart?: number
}

/** Together's dynamic rate: per model, growing with its use. One limit serves all that it has published about it. @public */
export function dynamicProfile(options: DynamicProfileOptions = {}): Profile {
  const { requestsMax = 6_000, baseRequests = 60, requestsStart = baseRequests } = options
  return Object.freeze({
    name: 'dynamic',
    rateLimits: [
      {
        id: 'dynamic',
        endpoints: ['chat', 'embeddings', 'images'],
        requestsMax,
        windowMs: minuteMs,
        scope: 'model',
        strict: false,
        adaptive: { requestsMin: baseRequests, requestsStart },
      },
    ],
    concurrencyLimits: documentedProfile.concurrencyLimits,
    batches: togetherBatches,
  } as const)
}
