/** limiter's `RateLimiter`: a token bucket with a fixed window on top. */
import { RateLimiter } from 'limiter'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  const limiter = new RateLimiter({ tokensPerInterval: maxPerMinute, interval: 'minute' })
  return { acquire: () => limiter.removeTokens(1) }
}
