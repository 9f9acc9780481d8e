/**
 * Defect: a pacer that counts from when a turn was due and not from when it came. After idling it begins anew, so that it
 * saves nothing up; but after a time in which the process was busy, all the turns that fell into it are given at once.
 * Expected: never-exceeds-quota.
 */
import type { LimiterOptions } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

export function createLimiter(options: LimiterOptions): { acquire(): Promise<void> } {
  const intervalMs = (60_000 + options.arrivalBoundMs + 14) / options.maxPerMinute
  const line: (() => void)[] = []
  let nextAt = 0
  let isSet = false

  function serve(): void {
    isSet = false
    while (line.length > 0 && performance.now() >= nextAt) {
      nextAt += intervalMs
      line.shift()?.()
    }
    if (line.length === 0) return
    isSet = true
    setTimeout(serve, nextAt - performance.now())
  }

  return {
    acquire: () =>
      new Promise((resolve) => {
        if (line.length === 0) nextAt = Math.max(nextAt, performance.now())
        line.push(resolve)
        if (!isSet) serve()
      }),
  }
}
