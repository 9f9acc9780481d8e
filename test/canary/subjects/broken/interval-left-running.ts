/**
 * Defect: the line is served by an interval that is started with the first waiter and never cleared.
 * Expected: nothing-left-behind.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { GrantLog, safeHoldMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = ['nothing-left-behind']

export function createLimiter(options: LimiterOptions): { acquire(): Promise<void> } {
  const log = new GrantLog({ max: options.maxPerMinute, holdMs: safeHoldMs(options) })
  const queue: (() => void)[] = []
  let ticker: ReturnType<typeof setInterval> | undefined

  function serve(): void {
    while (queue.length > 0 && log.tryTake(performance.now())) queue.shift()?.()
  }

  return {
    acquire() {
      ticker ??= setInterval(serve, 50)
      return new Promise((resolve) => {
        queue.push(resolve)
        serve()
      })
    },
  }
}
