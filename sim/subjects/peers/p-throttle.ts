/** p-throttle as its readme has it: windows that begin with their first call. */
import pThrottle from 'p-throttle'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  const throttle = pThrottle({ limit: maxPerMinute, interval: 60_000 })
  return { acquire: throttle(async () => undefined) }
}
