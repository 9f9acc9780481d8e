/** p-throttle in its strict mode: a burst of N, then evenly spaced for as long as calls wait. */
import pThrottle from 'p-throttle'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  const throttle = pThrottle({ limit: maxPerMinute, interval: 60_000, strict: true })
  return { acquire: throttle(async () => undefined) }
}
