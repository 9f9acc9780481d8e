/**
 * Defect: a client in front of the retry tries again what the retry has given up, twice, as the SDKs do by themselves.
 * Expected: attempts-are-bounded.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'
import { isRetriesExhaustedError } from '../../../../src/core/errors.ts'

export const expectedInvariants: readonly string[] = ['attempts-are-bounded']
export const themes: readonly string[] = ['storm', 'outage']

export const alterShipped: AlterShipped = (shipped) => ({
  retry: async (limiter, fn, options) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await shipped.retry(limiter, fn, options)
      } catch (error) {
        if (tries === 3 || !isCurable(error)) throw error
      }
    }
  },
})

/** No answer, 429, or 5xx: for what the SDKs try again. */
function isCurable(error: unknown): boolean {
  if (!isRetriesExhaustedError(error)) return false
  const { status = 500 } = error
  return status === 429 || status >= 500
}
