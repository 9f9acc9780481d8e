/**
 * What the official clients take to use our fetch, and nothing of theirs in its way.
 */
import { createRateLimitedFetch } from './fetch.ts'
import type { RateLimitedFetchOptions } from './options.ts'

/** Options of the clients `together-ai` and `openai`. @public */
export interface RateLimitedClientOptions {
  readonly fetch: typeof globalThis.fetch
  /** One layer retries: ours. */
  readonly maxRetries: number
  /** Their timer counts the time in our queue, so it is out of the way; `retry.attemptTimeoutMs` holds instead. */
  readonly timeout: number
}

/** Node fires a timer of a longer delay after 1 ms. */
const timerDelayMsMax = 2_147_483_647

/**
 * The options that put our limits and retries under a client of Together or OpenAI.
 *
 * @throws {InvalidOptionError} naming the option.
 * @example
 * const together = new Together(rateLimited())
 * const openai = new OpenAI({ ...rateLimited({ baseURL }), baseURL, apiKey })
 * @public
 */
export function rateLimited(options?: RateLimitedFetchOptions): RateLimitedClientOptions {
  return { fetch: createRateLimitedFetch(options), maxRetries: 0, timeout: timerDelayMsMax }
}
