/** async-sema's `RateLimit` with its `uniformDistribution`: one place, which comes back after the N-th part of a minute. */
import { RateLimit } from 'async-sema'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  return { acquire: RateLimit(maxPerMinute, { timeUnit: 60_000, uniformDistribution: true }) }
}
