/** p-ratelimit as its readme has it, with a rate alone. */
import { pRateLimit } from 'p-ratelimit'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  const limit = pRateLimit({ interval: 60_000, rate: maxPerMinute })
  return { acquire: () => limit(async () => undefined) }
}
