/**
 * Defect: a semaphore. It bounds what is in flight, and gives a slot back when the response is here, as if the server's
 * quota were a limit on concurrency.
 * Expected: never-exceeds-quota.
 */
import type { Limiter, LimiterOptions } from '../../parts/contract.ts'
import { safeHoldMs } from '../../parts/grant-log.ts'
import { Semaphore } from '../../parts/semaphore.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

export function createLimiter(options: LimiterOptions): Limiter {
  const slots = new Semaphore(options.maxPerMinute)
  return {
    async acquire() {
      await slots.take()
      let held = true
      const release = (): void => {
        if (!held) return
        held = false
        clearTimeout(fallback)
        slots.giveBack()
      }
      // For callers that never release.
      const fallback = setTimeout(release, safeHoldMs(options))
      return { release }
    },
  }
}
