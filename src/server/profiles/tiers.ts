/**
 * Together's fixed tiers of 2023 to 2025: requests and tokens per minute by kind of model, enforced per second.
 *
 * The numbers are those of the old rate-limit page and of an older support article (images). Limits of single models
 * stand beside those of the tier and are counted in whole minutes, as their error texts say.
 */

import type { ServerHeaderPlan, ServerProfile, ServerRateLimit } from './server-profile.ts'

const MINUTE_MS = 60_000
const wholeMinutes = { kind: 'fixed-window', phaseMs: 0 } as const

const headers: ServerHeaderPlan = {
  always: ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
  refused: [],
}

/** One row of the table: requests and tokens per minute. */
interface Tier {
  readonly chat: readonly [requests: number, tokens: number]
  readonly embeddings: readonly [requests: number, tokens: number]
  readonly images: number
  /** Requests for DeepSeek-R1; the free tier, which has none in the table, gets one. */
  readonly reasoning: number
}

const tiers: Readonly<Record<string, Tier>> = {
  'tier-free': {
    chat: [60, 60_000],
    embeddings: [3_000, 1_000_000],
    images: 1,
    reasoning: 1,
  },
  'tier-1': {
    chat: [600, 180_000],
    embeddings: [3_000, 2_000_000],
    images: 5,
    reasoning: 3,
  },
  'tier-2': {
    chat: [1_800, 250_000],
    embeddings: [5_000, 2_000_000],
    images: 10,
    reasoning: 60,
  },
  'tier-3': {
    chat: [3_000, 500_000],
    embeddings: [5_000, 10_000_000],
    images: 15,
    reasoning: 400,
  },
  'tier-4': {
    chat: [4_500, 1_000_000],
    embeddings: [10_000, 10_000_000],
    images: 20,
    reasoning: 400,
  },
  'tier-5': {
    chat: [6_000, 2_000_000],
    embeddings: [10_000, 20_000_000],
    images: 50,
    reasoning: 1_200,
  },
}

function limitsOf({ chat, embeddings, images, reasoning }: Tier): readonly ServerRateLimit[] {
  const [chatRequests, chatTokens] = chat
  const [embeddingsRequests, embeddingsTokens] = embeddings
  const chatEndpoints = ['chat', 'completions'] as const
  // The old page has no row for rerankers: they are counted with the embeddings they go with.
  const embeddingsEndpoints = ['embeddings', 'rerank'] as const
  return [
    { id: 'chat', endpoints: chatEndpoints, requestsMax: chatRequests, windowMs: MINUTE_MS },
    { id: 'chat-tokens', endpoints: chatEndpoints, tokensMax: chatTokens, windowMs: MINUTE_MS },
    {
      id: 'embeddings',
      endpoints: embeddingsEndpoints,
      requestsMax: embeddingsRequests,
      windowMs: MINUTE_MS,
    },
    {
      id: 'embeddings-tokens',
      endpoints: embeddingsEndpoints,
      tokensMax: embeddingsTokens,
      windowMs: MINUTE_MS,
    },
    {
      id: 'images',
      endpoints: ['images'],
      requestsMax: images,
      windowMs: MINUTE_MS,
      enforcement: wholeMinutes,
    },
    modelLimit('reasoning-model', 'deepseek-ai/DeepSeek-R1', reasoning),
    modelLimit('image-model', 'black-forest-labs/FLUX.1-kontext-pro', 9),
  ]
}

function modelLimit(id: string, model: string, requestsMax: number): ServerRateLimit {
  return {
    id,
    endpoints: ['chat', 'completions', 'images'],
    models: [model],
    requestsMax,
    windowMs: MINUTE_MS,
    errorType: 'model_rate_limit',
    enforcement: wholeMinutes,
  }
}

/** `tier-free` and `tier-1` to `tier-5`. @internal */
export const tierProfiles: readonly ServerProfile[] = Object.entries(tiers).map(
  ([name, tier]): ServerProfile =>
    Object.freeze({
      name,
      description: `Together’s fixed ${name}: requests and tokens per minute, enforced per second.`,
      enforcement: { kind: 'slices', sliceMs: 1_000 } as const,
      rateLimits: limitsOf(tier),
      concurrencyLimits: [],
      headers,
    }),
)
