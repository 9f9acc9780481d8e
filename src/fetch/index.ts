/**
 * `together-rate-limits/fetch`: the limiter and the retry as a `fetch`, for every client that takes one.
 */
export { createRateLimitedFetch } from './fetch.ts'
export { rateLimited } from './client-options.ts'
export { estimateTokens } from './estimate-tokens.ts'
export type { RateLimitedClientOptions } from './client-options.ts'
export { fetchDefaults } from './options.ts'
export type { RateLimitedFetchOptions, StartedJob } from './options.ts'
export type { FinalFailure } from './response-answer.ts'
