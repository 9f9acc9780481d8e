/** bottleneck with `minTime`: one job in every N-th part of a minute. */
import Bottleneck from 'bottleneck'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  const limiter = new Bottleneck({ minTime: 60_000 / maxPerMinute })
  return { acquire: () => limiter.schedule(async () => undefined) }
}
