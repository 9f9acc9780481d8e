/**
 * What the mock server enforces, as data, written down independently of the client's profile.
 *
 * Nothing here may be imported from or shared with the limiter: a number that is wrong on one side must show up as a
 * disagreement in the simulator.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { requireWhole } from '../options.ts'

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

/** So many requests per window for one API key. @public */
export interface ServerRateLimit {
  /** Unique within the profile; the journal names it. */
  readonly id: string
  /** Several endpoints share one quota. */
  readonly endpoints: readonly ServerEndpoint[]
  /** A whole number from 1 to 10,000,000. */
  readonly requestsMax: number
  /** Whole milliseconds from 1 to 86,400,000. */
  readonly windowMs: number
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

/** Everything one API key may do. @public */
export interface ServerProfile {
  readonly name: string
  readonly rateLimits: readonly ServerRateLimit[]
  readonly concurrencyLimits: readonly ServerConcurrencyLimit[]
  /** What one batch may hold. @defaultValue 50,000 requests and 100 MB */
  readonly batches?: { readonly requestsMax: number; readonly bytesMax: number }
  /** Answers for any model and any id of the right shape, for conformance runs. @defaultValue false */
  readonly isLenient?: boolean
}

/** The limits that this project takes as given; the default. @public */
export const documentedServerProfile: ServerProfile = Object.freeze({
  name: 'documented',
  rateLimits: [
    { id: 'chat', endpoints: ['chat', 'completions'], requestsMax: 600, windowMs: 60_000 },
    { id: 'embeddings', endpoints: ['embeddings'], requestsMax: 300, windowMs: 60_000 },
    {
      id: 'shared',
      endpoints: ['chat', 'completions', 'embeddings'],
      requestsMax: 600,
      windowMs: 60_000,
    },
    { id: 'images', endpoints: ['images'], requestsMax: 60, windowMs: 60_000 },
  ],
  concurrencyLimits: [
    { id: 'fine-tune-jobs', endpoint: 'fine-tunes', concurrentMax: 3, statusOver: 409 },
    { id: 'batches-in-flight', endpoint: 'batches', concurrentMax: 10, statusOver: 429 },
  ],
  batches: { requestsMax: 100, bytesMax: 100_000_000 },
} as const)

const COUNT_MAX = 10_000_000
const WINDOW_MS_MAX = 86_400_000

/**
 * Refuses a profile whose numbers cannot be enforced.
 *
 * @throws {InvalidOptionError} Naming the limit and the field.
 * @internal
 */
export function checkServerProfile(profile: ServerProfile): void {
  const ids = new Set<string>()
  for (const limit of [...profile.rateLimits, ...profile.concurrencyLimits]) {
    if (typeof limit.id !== 'string' || limit.id === '' || ids.has(limit.id)) {
      throw new InvalidOptionError('profile limit id', limit.id, 'a unique, non-empty string')
    }
    ids.add(limit.id)
  }
  for (const limit of profile.rateLimits) {
    requireWhole(`profile limit ${limit.id} requestsMax`, limit.requestsMax, [1, COUNT_MAX])
    requireWhole(`profile limit ${limit.id} windowMs`, limit.windowMs, [1, WINDOW_MS_MAX])
    for (const endpoint of limit.endpoints) requireEndpoint(limit.id, endpoint)
  }
  for (const limit of profile.concurrencyLimits) {
    requireWhole(`profile limit ${limit.id} concurrentMax`, limit.concurrentMax, [1, COUNT_MAX])
    requireEndpoint(limit.id, limit.endpoint)
  }
}

function requireEndpoint(limitId: string, endpoint: ServerEndpoint): void {
  if (serverEndpoints.includes(endpoint)) return
  const option = `profile limit ${limitId} endpoint`
  throw new InvalidOptionError(option, endpoint, `one of ${serverEndpoints.join(', ')}`)
}
