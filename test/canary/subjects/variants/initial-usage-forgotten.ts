/**
 * Defect: a limiter that takes the place of another, whose process has died, takes all of the quota for unused, although it
 * is told that it is not.
 * Expected: never-exceeds-quota.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']
export const themes: readonly string[] = ['quota']

export const alterShipped: AlterShipped = ({ createFullLimiter }) => ({
  createFullLimiter: (options) => createFullLimiter({ ...options, initialUsage: 0 }),
})
