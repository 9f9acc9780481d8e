/**
 * Defect: the rate falls with a 429 and never comes back: no success is reported.
 * Expected: finds-the-rate.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'
import { alterPermits } from '../../parts/alter-permits.ts'

export const expectedInvariants: readonly string[] = ['finds-the-rate']
export const themes: readonly string[] = ['dynamic']

export const alterShipped: AlterShipped = () => ({
  createFullLimiter: (options) =>
    alterPermits(options, ({ report }) => ({
      report: (outcome) => {
        if (outcome !== 'succeeded') report(outcome)
      },
    })),
})
