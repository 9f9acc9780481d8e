/**
 * Defect: the slot is given back only after a response; where `fn` rejects, `release()` is skipped, and a slot of this
 * limiter that is not released is held for ever. Each network fault costs one slot of the window.
 * Expected: permits-are-conserved (or what a limiter with too few slots violates).
 */
import { readAnswer } from '../../parts/answer.ts'
import { createRetry } from '../../parts/careful-retry.ts'
import type { Limiter, LimiterOptions, Retry } from '../../parts/contract.ts'
import { Semaphore } from '../../parts/semaphore.ts'

export const expectedInvariants: readonly string[] = [
  'permits-are-conserved',
  'uses-the-quota',
  'throughput-recovers',
  'drains-after-faults',
  'every-call-settles-once',
]

export function createLimiter(options: LimiterOptions): Limiter {
  const slots = new Semaphore(options.maxPerMinute)
  return {
    async acquire() {
      await slots.take()
      return { release: () => void setTimeout(() => slots.giveBack(), 60_012) }
    },
  }
}

export const retry: Retry = createRetry({
  async send(limiter, fn) {
    const permit = await limiter.acquire()
    return readAnswer(async () => {
      const response = await fn()
      permit?.release?.()
      return response
    })
  },
})
