/** rate-limiter-flexible in memory, with the queue that its wiki has for calls to others' APIs. */
import { RateLimiterMemory, RateLimiterQueue } from 'rate-limiter-flexible'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  const queue = new RateLimiterQueue(new RateLimiterMemory({ points: maxPerMinute, duration: 60 }))
  return { acquire: () => queue.removeTokens(1) }
}
