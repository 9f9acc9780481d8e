/**
 * From a limit, as a profile states it, to the counter that enforces it.
 */

import { DynamicRate } from './dynamic-rate.ts'
import { FixedWindow } from './fixed-window.ts'
import { Gcra } from './gcra.ts'
import { SlidingCounter } from './sliding-counter.ts'
import { SlidingLog } from './sliding-log.ts'
import { Slices } from './slices.ts'
import { TokenBucket } from './token-bucket.ts'
import type { RateCounter, RateCounterLimit } from './rate-counter.ts'
import type { Enforcement } from '../contract.ts'
import type { ServerRateLimit } from '../profiles/server-profile.ts'

/** Makes the counter of a limit. @param max - What it holds: the limit's own number, or a replica's part. @internal */
export function createCounter(
  limit: ServerRateLimit,
  enforcement: Enforcement,
  max: number,
): RateCounter {
  const { windowMs, dynamic } = limit
  if (dynamic !== undefined) return new DynamicRate({ max, windowMs }, dynamic)
  return createFixedCounter(limit.enforcement ?? enforcement, { max, windowMs })
}

function createFixedCounter(enforcement: Enforcement, limit: RateCounterLimit): RateCounter {
  switch (enforcement.kind) {
    case 'fixed-window':
      return new FixedWindow(limit, enforcement.phaseMs)
    case 'sliding-log':
      return new SlidingLog(limit)
    case 'sliding-counter':
      return new SlidingCounter(limit, enforcement.phaseMs)
    case 'token-bucket':
      return new TokenBucket(limit, enforcement.burstMs)
    case 'gcra':
      return new Gcra(limit, enforcement.burstMs)
    default:
      // A limit whose window is shorter than a slice has the window for its slice.
      return new Slices(limit, Math.min(enforcement.sliceMs, limit.windowMs))
  }
}
