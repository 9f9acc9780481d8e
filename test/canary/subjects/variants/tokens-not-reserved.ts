/**
 * Defect: tokens are settled when the answer ends and never reserved before: what is under way is not counted.
 * Expected: never-exceeds-quota.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'
import { TogetherRateLimiter } from '../../../../src/limiter/index.ts'
import type { AcquireRequest, Permit } from '../../../../src/limiter/index.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']
export const themes: readonly string[] = ['tokens']

class Unreserving extends TogetherRateLimiter {
  override acquire(request: AcquireRequest = {}): Promise<Permit> {
    return super.acquire({ ...request, tokens: 0 })
  }
}

export const alterShipped: AlterShipped = () => ({
  createFullLimiter: (options) => new Unreserving(options),
})
