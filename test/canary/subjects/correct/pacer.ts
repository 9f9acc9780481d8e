/**
 * An even pacer without `release()` and without a burst: one grant every (W + bound + drift) / L, no queue array but a
 * chain of promises.
 *
 * Why it is right. What is counted in [x, x + W) was granted in [x - bound, x + W), which is W + bound wide. The grant after
 * one at g is due at g - 1 + (W + bound + 14) / L at the earliest (the 1 is what a timer in whole milliseconds may be late
 * without the mean rate suffering), so L + 1 grants in a row span at least W + bound + 13 ms, and at most L are in there. A
 * server that is 100 ppm slow takes less than 7 of the 13. Fixed windows and a token bucket (L, L/W) follow. Idle time is
 * not saved up. The wait is re-checked after each timer, and time is monotonic.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { sleep } from '../../parts/wait.ts'

export const relevantChecks: readonly string[] = [
  'never-exceeds-quota',
  'fifo-within-key',
  'every-call-settles-once',
  'uses-the-quota',
]

export function createLimiter(options: LimiterOptions): { acquire(): Promise<void> } {
  const intervalMs = (60_000 + options.arrivalBoundMs + 14) / options.maxPerMinute
  let nextAt = -Infinity
  let last: Promise<void> = Promise.resolve()

  async function takeTurn(): Promise<void> {
    for (;;) {
      const now = performance.now()
      if (now >= nextAt) {
        nextAt = Math.max(nextAt, now - 1) + intervalMs
        return
      }
      await sleep(nextAt - now)
    }
  }

  return {
    acquire() {
      last = last.then(takeTurn)
      return last
    },
  }
}
