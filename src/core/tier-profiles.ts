/**
 * Together's fixed tiers of 2023 to 2025, as its rate-limit page of that time gave them, for clients.
 *
 * The page shows requests and tokens per minute and says that they are measured per second ("600 RPM (10 QPS) and 180000
 * TPM (3000 TPS)", in an error of the first tier), so these are limits per second here, rounded down, and paced. What
 * allows less than one request a second, and what is limited for a single model, is counted in minutes.
 */
import { InvalidOptionError } from './errors.ts'
import { togetherBatches, type Profile, type RateLimit } from './profile.ts'

/** The name of a tier. @public */
export type Tier = 'tier-free' | 'tier-1' | 'tier-2' | 'tier-3' | 'tier-4' | 'tier-5'

/** A row for each tier: requests and tokens a minute for chat and for embeddings, requests a minute for the others. */
interface TierRow {
  readonly chat: { readonly requests: number; readonly tokens: number }
  readonly embeddings: { readonly requests: number; readonly tokens: number }
  readonly images: number
  /** DeepSeek-R1, for which the page makes an exception without naming it; the free tier has no number. */
  readonly reasoning?: number
}

const million = 1_000_000

const rows: Readonly<Record<Tier, TierRow>> = {
  'tier-free': {
    chat: { requests: 60, tokens: 60_000 },
    embeddings: { requests: 3_000, tokens: million },
    images: 1,
  },
  'tier-1': {
    chat: { requests: 600, tokens: 180_000 },
    embeddings: { requests: 3_000, tokens: 2 * million },
    images: 5,
    reasoning: 3,
  },
  'tier-2': {
    chat: { requests: 1_800, tokens: 250_000 },
    embeddings: { requests: 5_000, tokens: 2 * million },
    images: 10,
    reasoning: 60,
  },
  'tier-3': {
    chat: { requests: 3_000, tokens: 500_000 },
    embeddings: { requests: 5_000, tokens: 10 * million },
    images: 15,
    reasoning: 400,
  },
  'tier-4': {
    chat: { requests: 4_500, tokens: million },
    embeddings: { requests: 10_000, tokens: 10 * million },
    images: 20,
    reasoning: 400,
  },
  'tier-5': {
    chat: { requests: 6_000, tokens: 2 * million },
    embeddings: { requests: 10_000, tokens: 20 * million },
    images: 50,
    reasoning: 1_200,
  },
}

/** The names of all tiers. @internal */
export const tiers: readonly Tier[] = Object.freeze([
  'tier-free',
  'tier-1',
  'tier-2',
  'tier-3',
  'tier-4',
  'tier-5',
] as const)

const secondMs = 1_000
const minuteMs = 60_000

/** Requests a minute for a model of its own, on every tier. */
const kontextPerMinute = 9

/**
 * The limits of one of Together's fixed tiers, per API key, in requests and in tokens.
 *
 * Whether the server counts reserved or used tokens is not known, so reserved ones are taken to count, which is safe
 * under both.
 *
 * @throws {InvalidOptionError} There is no such tier.
 * @example
 * const limiter = new TogetherRateLimiter({ profile: tierProfile('tier-1'), tokensDefault: 2_000 })
 * @public
 */
export function tierProfile(tier: Tier): Profile {
  if (!Object.hasOwn(rows, tier)) {
    throw new InvalidOptionError('tier', tier, `one of ${tiers.join(', ')}`)
  }
  const { chat, embeddings, images, reasoning } = rows[tier]
  const rateLimits: RateLimit[] = [
    ...perSecond('chat', chat),
    ...perSecond('embeddings', embeddings),
    { id: 'images', endpoints: ['images'], requestsMax: images, windowMs: minuteMs },
    {
      id: 'flux-kontext-pro',
      endpoints: ['images'],
      models: ['black-forest-labs/FLUX.1-kontext-pro'],
      requestsMax: kontextPerMinute,
      windowMs: minuteMs,
    },
  ]
  if (reasoning !== undefined) {
    rateLimits.push({
      id: 'deepseek-r1',
      endpoints: ['chat'],
      models: ['deepseek-ai/DeepSeek-R1'],
      requestsMax: reasoning,
      windowMs: minuteMs,
    })
  }
  return {
    name: tier,
    tokenAccounting: 'reserved',
    rateLimits,
    concurrencyLimits: [],
    batches: togetherBatches,
  }
}

function perSecond(
  endpoint: 'chat' | 'embeddings',
  perMinute: { readonly requests: number; readonly tokens: number },
): RateLimit[] {
  const endpoints = [endpoint]
  const requestsMax = Math.floor(perMinute.requests / 60)
  const tokensMax = Math.floor(perMinute.tokens / 60)
  return [
    { id: endpoint, endpoints, requestsMax, windowMs: secondMs },
    { id: `${endpoint}-tokens`, endpoints, tokensMax, windowMs: secondMs },
  ]
}
