/** async-sema's `RateLimit`: a place comes back by a timer, one time unit after it was taken. */
import { RateLimit } from 'async-sema'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  return { acquire: RateLimit(maxPerMinute, { timeUnit: 60_000 }) }
}
