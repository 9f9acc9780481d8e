/**
 * Defect: a call looks how long it has to wait, waits so long and then takes a slot without looking again. All calls
 * that looked at the same full log wake at the same moment and all go.
 * Expected: never-exceeds-quota.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { safeHoldMs } from '../../parts/grant-log.ts'
import { sleep } from '../../parts/wait.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

export function createLimiter(options: LimiterOptions): { acquire(): Promise<void> } {
  const holdMs = safeHoldMs(options)
  let log: number[] = []

  const waitMs = (): number => {
    const now = performance.now()
    log = log.filter((at) => at + holdMs > now)
    const blocking = log.at(-options.maxPerMinute)
    return blocking === undefined ? 0 : blocking + holdMs - now
  }

  return {
    async acquire() {
      const delayMs = waitMs()
      if (delayMs > 0) await sleep(delayMs)
      log.push(performance.now())
    },
  }
}
