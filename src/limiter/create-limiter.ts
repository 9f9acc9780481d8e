/**
 * A limiter in the simulator's words.
 */
import { TogetherRateLimiter } from './limiter.ts'

/** What the simulator asks of a subject: a limiter of so many requests a minute. @public */
export function createLimiter(options: {
  maxPerMinute: number
  arrivalBoundMs: number
}): TogetherRateLimiter {
  return new TogetherRateLimiter({
    maxPerMinute: options.maxPerMinute,
    arrivalBoundMs: options.arrivalBoundMs,
  })
}
