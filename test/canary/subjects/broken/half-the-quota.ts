/**
 * Defect: a safety factor of one half on top of an already safe hold: half of what was paid for is never used.
 * Expected: uses-the-quota (or another promise about speed).
 */
export const expectedInvariants: readonly string[] = [
  'uses-the-quota',
  'throughput-recovers',
  'drains-after-faults',
  'permits-are-conserved',
]

const SAFETY = 0.5

export function createLimiter(options: { maxPerMinute: number; arrivalBoundMs: number }): {
  acquire(): Promise<void>
} {
  const slots = Math.max(1, Math.floor(options.maxPerMinute * SAFETY))
  const holdMs = 60_000 + options.arrivalBoundMs + 12
  const history: number[] = []
  const queue: (() => void)[] = []
  let timer: ReturnType<typeof setTimeout> | null = null

  const next = (): void => {
    timer = null
    const now = performance.now()
    while (queue.length > 0) {
      const blocking = history.at(-slots)
      if (blocking !== undefined && blocking + holdMs > now) {
        timer = setTimeout(next, Math.ceil(blocking + holdMs - now))
        break
      }
      history.push(now)
      queue.shift()?.()
    }
    if (history.length > 4 * slots) history.splice(0, history.length - slots)
  }

  return {
    acquire: () =>
      new Promise((resolve) => {
        queue.push(resolve)
        if (timer === null) next()
      }),
  }
}
