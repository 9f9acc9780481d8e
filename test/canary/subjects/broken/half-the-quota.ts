/**
 * Defect: a safety factor of one half on top of an already safe hold: half of what was paid for is never used.
 * Expected: uses-the-quota (or another promise about speed).
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { GrantLog, safeHoldMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = [
  'uses-the-quota',
  'throughput-recovers',
  'drains-after-faults',
  'permits-are-conserved',
]

const SAFETY = 0.5

export function createLimiter(options: LimiterOptions): { acquire(): Promise<void> } {
  const slots = Math.max(1, Math.floor(options.maxPerMinute * SAFETY))
  const log = new GrantLog({ max: slots, holdMs: safeHoldMs(options) })
  const queue: (() => void)[] = []
  let timer: ReturnType<typeof setTimeout> | null = null

  const next = (): void => {
    timer = null
    const now = performance.now()
    while (queue.length > 0 && log.tryTake(now)) queue.shift()?.()
    if (queue.length > 0) timer = setTimeout(next, Math.ceil(log.waitMs(now)))
  }

  return {
    acquire: () =>
      new Promise((resolve) => {
        queue.push(resolve)
        if (timer === null) next()
      }),
  }
}
