/**
 * The limiter: what a caller of `together-rate-limits/limiter` may import.
 */
export { createLimiter } from './create-limiter.ts'
export { TogetherRateLimiter } from './limiter.ts'
export type { PauseRequest, TryAcquireResult } from './limiter.ts'
export type { RequestOutcome } from './adaptive-rate.ts'
export { limiterDefaults } from './options.ts'
export type { LimiterOptions, RateHeaderUse } from './options.ts'
export type { Permit } from './permit.ts'
export type { Pacing } from './rate-quota.ts'
export type { AcquireRequest } from './request.ts'
export type { LimiterCounters, LimiterSnapshot } from './snapshot.ts'
