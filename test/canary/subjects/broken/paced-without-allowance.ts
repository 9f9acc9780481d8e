/**
 * Defect: evenly paced at exactly the limit, one request each W/L. A request that was slow and those after it that were
 * not arrive within one window of the server, and there is no room for a single one too many.
 * Expected: never-exceeds-quota.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { Pacer } from '../../parts/pacer.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

export function createLimiter(options: LimiterOptions): Pacer {
  return new Pacer(60_000 / options.maxPerMinute)
}
