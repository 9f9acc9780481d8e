/**
 * What the mock server enforces, as data, written down independently of the client's profile.
 *
 * Nothing here may be imported from or shared with the limiter: a number that is wrong on one side must show up as a
 * disagreement in the simulator. Types only; the numbers are in the files beside this one.
 */

import type { Enforcement } from '../contract.ts'

/** A group of operations that is limited, and can be made to fail, together. @public */
export type ServerEndpoint =
  | 'chat'
  | 'completions'
  | 'embeddings'
  | 'images'
  | 'rerank'
  | 'fine-tunes'
  | 'batches'
  | 'files'
  | 'models'

/** All endpoint groups of the server. @public */
export const serverEndpoints: readonly ServerEndpoint[] = Object.freeze([
  'chat',
  'completions',
  'embeddings',
  'images',
  'rerank',
  'fine-tunes',
  'batches',
  'files',
  'models',
] as const)

/** So many requests, or so many tokens, per window. @public */
export interface ServerRateLimit {
  /** Unique within the profile; the journal names it. */
  readonly id: string
  /** Several endpoints share one quota. */
  readonly endpoints: readonly ServerEndpoint[]
  /** A whole number from 1 to 10,000,000. Either this or `tokensMax`. */
  readonly requestsMax?: number
  /** A whole number from 1 to 1,000,000,000. Either this or `requestsMax`. */
  readonly tokensMax?: number
  /** Whole milliseconds from 1 to 86,400,000. */
  readonly windowMs: number
  /** Only requests for these models. @defaultValue all models */
  readonly models?: readonly string[]
  /** No requests for these models. @defaultValue none is excepted */
  readonly exceptModels?: readonly string[]
  /** Each model has a quota of its own. @defaultValue false */
  readonly perModel?: boolean
  /** Whose quota it is: each API key's, or that of all keys together, for a capacity. @defaultValue 'key' */
  readonly scope?: 'key' | 'server'
  /** The status of a refusal. @defaultValue 429 */
  readonly statusOver?: 429 | 503
  /** The `type` in the body of a refusal. @defaultValue 'credit_limit', or 'overloaded' with status 503 */
  readonly errorType?: string
  /** How it is counted. @defaultValue as the option or the profile says */
  readonly enforcement?: Enforcement
  /** Lets the limit follow its use; `requestsMax` or `tokensMax` is its base. It is then counted in slices of a second. */
  readonly dynamic?: ServerDynamicRule
}

/** A limit of `factor` times the past rate of success, never below its base and never above its cap. @public */
export interface ServerDynamicRule {
  /** Above 0, at most 100. */
  readonly factor: number
  /** Units per window; not below the base. */
  readonly cap: number
  /** How far back successes are looked at: whole milliseconds from 60,000 to 86,400,000. */
  readonly memoryMs: number
}

/** So many unfinished jobs at once for one API key. @public */
export interface ServerConcurrencyLimit {
  readonly id: string
  readonly endpoint: 'fine-tunes' | 'batches'
  /** A whole number from 1 to 10,000,000. */
  readonly concurrentMax: number
  /** The status of a refusal. */
  readonly statusOver: 409 | 429
}

/** Whether a request is charged what it may cost when it arrives, or what it came to when its answer ends. @public */
export type TokenAccounting = 'reserved' | 'used'

/** The headers in which a server tells of its limits. @public */
export type ServerRateHeader =
  | 'x-ratelimit-limit'
  | 'x-ratelimit-remaining'
  | 'x-ratelimit-reset'
  | 'x-ratelimit-limit-dynamic'
  | 'x-ratelimit-remaining-dynamic'
  | 'x-tokenlimit-limit'
  | 'x-tokenlimit-remaining'
  | 'x-tokenlimit-limit-dynamic'
  | 'x-tokenlimit-remaining-dynamic'
  | 'retry-after'
  | 'retry-after-ms'

/** Which headers come when. @public */
export interface ServerHeaderPlan {
  /** On every answer of a limited endpoint to a key that is let in. */
  readonly always: readonly ServerRateHeader[]
  /** Besides those, on a 429. */
  readonly refused: readonly ServerRateHeader[]
}

/** Everything one API key may do. @public */
export interface ServerProfile {
  readonly name: string
  /** One sentence for `--help` and the admin API. */
  readonly description?: string
  readonly rateLimits: readonly ServerRateLimit[]
  readonly concurrencyLimits: readonly ServerConcurrencyLimit[]
  /** How limits are counted that do not say it themselves. @defaultValue { kind: 'fixed-window', phaseMs: 0 } */
  readonly enforcement?: Enforcement
  /** Whether a request refused for rate draws on the limits all the same. @defaultValue false */
  readonly countsRefused?: boolean
  /** @defaultValue 'reserved' */
  readonly tokenAccounting?: TokenAccounting
  /**
   * Servers that do not share their counters: each enforces its part of every limit, rounded up, and requests meet them
   * by a seeded chance. From 1 to 100. @defaultValue 1
   */
  readonly replicas?: number
  /** @defaultValue limit and remaining always, `retry-after` and `x-ratelimit-reset` on a 429 */
  readonly headers?: ServerHeaderPlan
  /** What one batch may hold. @defaultValue 50,000 requests and 100 MB */
  readonly batches?: { readonly requestsMax: number; readonly bytesMax: number }
  /** Answers for any model and any id, for conformance runs. @defaultValue false */
  readonly isLenient?: boolean
}
