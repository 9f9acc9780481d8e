/** bottleneck with a reservoir that is filled again every minute, as its readme does it for a quota. */
import Bottleneck from 'bottleneck'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  const limiter = new Bottleneck({
    reservoir: maxPerMinute,
    reservoirRefreshAmount: maxPerMinute,
    reservoirRefreshInterval: 60_000,
  })
  return { acquire: () => limiter.schedule(async () => undefined) }
}
