/**
 * Defect: a counter that is set to zero every window. The end of one window and the start of the next may both be full:
 * twice the limit within a moment.
 * Expected: never-exceeds-quota.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { safeHoldMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

export function createLimiter(options: LimiterOptions): { acquire(): Promise<void> } {
  const windowMs = safeHoldMs(options)
  const queue: (() => void)[] = []
  let windowStart = performance.now()
  let used = 0
  let isArmed = false

  function roll(now: number): void {
    const passed = Math.floor((now - windowStart) / windowMs)
    if (passed < 1) return
    windowStart += passed * windowMs
    used = 0
  }

  function serve(): void {
    const now = performance.now()
    roll(now)
    while (queue.length > 0 && used < options.maxPerMinute) {
      used += 1
      queue.shift()?.()
    }
    if (queue.length === 0 || isArmed) return
    isArmed = true
    setTimeout(
      () => {
        isArmed = false
        serve()
      },
      Math.ceil(windowStart + windowMs - now),
    )
  }

  return {
    acquire: () =>
      new Promise((resolve) => {
        queue.push(resolve)
        serve()
      }),
  }
}
