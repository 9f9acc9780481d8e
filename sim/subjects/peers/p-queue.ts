/** p-queue as its readme has it: so many tasks an interval, counted from when the queue was last idle. */
import PQueue from 'p-queue'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  const queue = new PQueue({ intervalCap: maxPerMinute, interval: 60_000 })
  return { acquire: () => queue.add(() => undefined) }
}
