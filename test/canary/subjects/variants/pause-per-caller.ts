/**
 * Defect: the limiter cannot be told of a pause, so that a 429 holds back only the call that got it.
 * Expected: retry-after-is-honoured.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'
import type { TogetherRateLimiter } from '../../../../src/limiter/index.ts'

export const expectedInvariants: readonly string[] = ['retry-after-is-honoured']
export const themes: readonly string[] = ['storm', 'recovery']

export const alterShipped: AlterShipped = ({ createFullLimiter }) => ({
  createFullLimiter: (options) => {
    const limiter = createFullLimiter(options) as TogetherRateLimiter
    const { arrivalBoundMs, clock } = limiter
    return { acquire: (request: object) => limiter.acquire(request), arrivalBoundMs, clock }
  },
})
