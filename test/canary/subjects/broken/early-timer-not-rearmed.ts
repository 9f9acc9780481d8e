/**
 * Defect: a timer that comes before its time finds nothing to grant and is not set again. The line waits for the next
 * `acquire()`, and where nobody calls any more, for ever.
 * Expected: every-call-settles-once or drains-after-faults.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { GrantLog, safeHoldMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = [
  'every-call-settles-once',
  'drains-after-faults',
]

export function createLimiter(options: LimiterOptions): { acquire(): Promise<void> } {
  const log = new GrantLog({ max: options.maxPerMinute, holdMs: safeHoldMs(options) })
  const line: (() => void)[] = []
  let isSet = false

  function serve(): void {
    while (line.length > 0 && log.tryTake(performance.now())) line.shift()?.()
    if (line.length > 0 && !isSet) set()
  }

  function set(): void {
    isSet = true
    const dueAt = performance.now() + Math.ceil(log.waitMs(performance.now()))
    setTimeout(() => {
      isSet = false
      if (performance.now() >= dueAt) serve()
    }, dueAt - performance.now())
  }

  return {
    acquire: () =>
      new Promise((resolve) => {
        line.push(resolve)
        if (!isSet) serve()
      }),
  }
}
