/**
 * Defect: nobody tells the limiter what an answer came to, so that every estimate is held for as long as an answer may take.
 * Expected: uses-the-quota.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'
import { alterPermits } from '../../parts/alter-permits.ts'

export const expectedInvariants: readonly string[] = ['uses-the-quota']
export const themes: readonly string[] = ['tokens']

export const alterShipped: AlterShipped = () => ({
  createFullLimiter: (options) => alterPermits(options, () => ({ settleTokens: () => {} })),
})
