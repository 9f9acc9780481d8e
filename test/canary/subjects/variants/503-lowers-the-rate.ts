/**
 * Defect: the rate falls with a 503 as with a 429, although a server that is short of capacity says nothing of the rate.
 * Expected: overload-keeps-the-rate.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'
import { alterPermits } from '../../parts/alter-permits.ts'

export const expectedInvariants: readonly string[] = ['overload-keeps-the-rate']
export const themes: readonly string[] = ['dynamic']

export const alterShipped: AlterShipped = () => ({
  createFullLimiter: (options) =>
    alterPermits(options, ({ report }) => ({
      report: (outcome) => report(outcome === 'overloaded' ? 'limited' : outcome),
    })),
})
