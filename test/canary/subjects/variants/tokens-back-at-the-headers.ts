/**
 * Defect: an answer's tokens are settled with its headers and given back as unused: none is known to be used by then.
 * Expected: never-exceeds-quota.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'
import { alterPermits } from '../../parts/alter-permits.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']
export const themes: readonly string[] = ['tokens']

export const alterShipped: AlterShipped = () => ({
  createFullLimiter: (options) =>
    alterPermits(options, ({ settle, settleTokens }) => ({
      settle: () => {
        settle()
        settleTokens(0)
      },
    })),
})
