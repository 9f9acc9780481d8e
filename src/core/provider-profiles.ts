/**
 * Other providers with an API like OpenAI's: how they limit, as data. How much they allow depends on the account and the
 * model, so those numbers are the caller's.
 *
 * Limits per day are not among them: a limiter in memory forgets them with its process. What the server then answers, a
 * 429 with a long wait, is what the retry and the pauses are for.
 */
import { InvalidOptionError } from './errors.ts'
import type { EndpointClass, Profile, RateLimit, TokenAccounting } from './profile.ts'

/** The name of a provider. @public */
export type Provider = 'openai' | 'groq'

/** What the account's limits page shows for a model, or for several that share it. @public */
export interface ProviderLimits {
  /** The models' ids. @defaultValue all models, each with a quota of its own */
  readonly models?: readonly string[] | undefined
  /** Whether `models` have one quota together. @defaultValue false */
  readonly isShared?: boolean | undefined
  /** A whole number, at least 1. @defaultValue not limited */
  readonly requestsPerMinute?: number | undefined
  /** Of prompt and answer together: a whole number, at least 1. @defaultValue not limited */
  readonly tokensPerMinute?: number | undefined
}

interface ProviderRules {
  /** What is limited together for a model. */
  readonly endpoints: readonly EndpointClass[]
  readonly tokenAccounting: TokenAccounting
}

/**
 * OpenAI limits an organization's project per model, and says that what a request asks for counts (`max_tokens`, or the
 * length of the prompt), also where it fails. Groq limits an organization per model, and does not say what it counts, so
 * the safe kind is taken.
 */
const rules: Readonly<Record<Provider, ProviderRules>> = {
  openai: { endpoints: ['chat', 'embeddings', 'images'], tokenAccounting: 'reserved' },
  groq: { endpoints: ['chat'], tokenAccounting: 'reserved' },
}

const minuteMs = 60_000

/**
 * The limits of a provider's account, from the numbers on its limits page.
 *
 * A model that no entry names, while all entries name models, has no limit.
 *
 * @throws {InvalidOptionError} There is no such provider, or `limits` is no list.
 * @example
 * const profile = providerProfile('openai', [
 *   { models: ['gpt-4o-mini'], requestsPerMinute: 500, tokensPerMinute: 200_000 },
 * ])
 * @public
 */
export function providerProfile(provider: Provider, limits: readonly ProviderLimits[]): Profile {
  if (!Object.hasOwn(rules, provider)) {
    throw new InvalidOptionError('provider', provider, `one of ${Object.keys(rules).join(', ')}`)
  }
  if (!Array.isArray(limits)) throw new InvalidOptionError('limits', limits, 'an array of limits')
  const { endpoints, tokenAccounting } = rules[provider]
  const rateLimits = limits.flatMap((each: ProviderLimits) => rateLimitsOf(each, endpoints))
  return { name: provider, tokenAccounting, rateLimits, concurrencyLimits: [] }
}

function rateLimitsOf(
  { models, isShared = false, requestsPerMinute, tokensPerMinute }: ProviderLimits,
  endpoints: readonly EndpointClass[],
): RateLimit[] {
  const common = {
    endpoints,
    windowMs: minuteMs,
    scope: isShared ? 'key' : 'model',
    ...(models === undefined ? {} : { models }),
  } as const
  const whose = models === undefined ? '' : ` of ${models.join(', ')}`
  const rateLimits: RateLimit[] = []
  if (requestsPerMinute !== undefined) {
    rateLimits.push({ id: `requests${whose}`, ...common, requestsMax: requestsPerMinute })
  }
  if (tokensPerMinute !== undefined) {
    rateLimits.push({ id: `tokens${whose}`, ...common, tokensMax: tokensPerMinute })
  }
  return rateLimits
}
