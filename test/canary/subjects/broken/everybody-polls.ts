/**
 * Defect: no line at all. Everybody who finds the window full sleeps a little and tries again, so that a call that has
 * just come may take the slot for which another has waited a minute.
 * Expected: fifo-within-key.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { GrantLog, safeHoldMs } from '../../parts/grant-log.ts'
import { sleep } from '../../parts/wait.ts'

export const expectedInvariants: readonly string[] = ['fifo-within-key']

export function createLimiter(options: LimiterOptions): { acquire(): Promise<void> } {
  const log = new GrantLog({ max: options.maxPerMinute, holdMs: safeHoldMs(options) })
  return {
    async acquire() {
      while (!log.tryTake(performance.now())) {
        await sleep(200 + Math.floor(Math.random() * 300))
      }
    },
  }
}
