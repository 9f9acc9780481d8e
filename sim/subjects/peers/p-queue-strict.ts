/** p-queue in its strict mode: a sliding window over the starts of tasks. */
import PQueue from 'p-queue'
import type { SubjectLimiter, SubjectLimiterOptions } from '../types.ts'

/** The subject contract's limiter. @internal */
export function createLimiter({ maxPerMinute }: SubjectLimiterOptions): SubjectLimiter {
  const queue = new PQueue({ intervalCap: maxPerMinute, interval: 60_000, strict: true })
  return { acquire: () => queue.add(() => undefined) }
}
