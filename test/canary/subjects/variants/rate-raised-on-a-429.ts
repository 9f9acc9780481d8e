/**
 * Defect: an answer is an answer: a 429 raises the rate as a success does.
 * Expected: adapts-to-refusals.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'
import { alterPermits } from '../../parts/alter-permits.ts'

export const expectedInvariants: readonly string[] = ['adapts-to-refusals']
export const themes: readonly string[] = ['dynamic']

export const alterShipped: AlterShipped = () => ({
  createFullLimiter: (options) =>
    alterPermits(options, ({ report }) => ({
      report: (outcome) => report(outcome === 'limited' ? 'succeeded' : outcome),
    })),
})
