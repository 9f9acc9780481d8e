/**
 * Defect: a counter of what is in flight hangs on `finally()` of the request. The promise that `finally()` returns rejects
 * as well, and nobody handles that one.
 * Expected: nothing-left-behind or every-call-settles-once.
 */
import { readAnswer } from '../../parts/answer.ts'
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = [
  'nothing-left-behind',
  'every-call-settles-once',
]

/** For the metrics page. */
export const metrics: { inFlight: number } = { inFlight: 0 }

export const retry: Retry = createRetry({
  async send(limiter, fn) {
    const permit = await limiter.acquire()
    return readAnswer(() => {
      const request = fn()
      metrics.inFlight += 1
      void request.finally(() => {
        metrics.inFlight -= 1
        permit?.release?.()
      })
      return request
    })
  },
})
