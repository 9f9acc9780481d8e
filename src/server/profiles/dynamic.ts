/**
 * Together's dynamic rates: per key and model, twice what succeeded in the past hour, between a base and a cap.
 *
 * Above the dynamic rate a request is refused with 429, at or below it with 503 where the model's capacity runs out.
 * The base of 60 requests a minute is documented; caps, token rates and capacities are not and are this mock's own.
 */

import type { ServerEndpoint, ServerProfile, ServerRateLimit } from './server-profile.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

const endpoints: readonly ServerEndpoint[] = [
  'chat',
  'completions',
  'embeddings',
  'images',
  'rerank',
]

const rateLimits: readonly ServerRateLimit[] = [
  {
    id: 'dynamic-requests',
    endpoints,
    perModel: true,
    requestsMax: 60,
    windowMs: MINUTE_MS,
    dynamic: { factor: 2, cap: 6_000, memoryMs: HOUR_MS },
    errorType: 'dynamic_request_limited',
  },
  {
    id: 'dynamic-tokens',
    endpoints,
    perModel: true,
    tokensMax: 60_000,
    windowMs: MINUTE_MS,
    dynamic: { factor: 2, cap: 2_000_000, memoryMs: HOUR_MS },
    errorType: 'dynamic_token_limited',
  },
  {
    id: 'capacity',
    endpoints,
    perModel: true,
    scope: 'server',
    statusOver: 503,
    requestsMax: 12_000,
    windowMs: MINUTE_MS,
    enforcement: { kind: 'slices', sliceMs: 1_000 },
  },
]

/** The rollout of early 2026: nine headers on every answer. @internal */
export const dynamic202601Profile: ServerProfile = Object.freeze({
  name: 'dynamic-2026-01',
  description: 'Dynamic rates per key and model, as of January 2026, with nine headers.',
  rateLimits,
  concurrencyLimits: [],
  headers: {
    always: [
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'x-tokenlimit-limit',
      'x-tokenlimit-remaining',
      'x-ratelimit-limit-dynamic',
      'x-ratelimit-remaining-dynamic',
      'x-tokenlimit-limit-dynamic',
      'x-tokenlimit-remaining-dynamic',
    ],
    refused: [],
  },
} as const)

/** The newest text: a success tells nothing, a 429 tells when to come back. @internal */
export const dynamicProfile: ServerProfile = Object.freeze({
  name: 'dynamic',
  description: 'Dynamic rates per key and model; no header but x-ratelimit-reset on a 429.',
  rateLimits,
  concurrencyLimits: [],
  headers: { always: [], refused: ['x-ratelimit-reset'] },
} as const)
