/**
 * Defect: no line at all. Everybody who finds the window full sleeps a little and tries again, so that a call that has
 * just come may take the slot for which another has waited a minute.
 * Expected: fifo-within-key.
 */
export const expectedInvariants: readonly string[] = ['fifo-within-key']

export function createLimiter(options: { maxPerMinute: number; arrivalBoundMs: number }): {
  acquire(): Promise<void>
} {
  const holdMs = 60_000 + options.arrivalBoundMs + 12
  const taken: number[] = []

  function tryTake(): boolean {
    const now = performance.now()
    while (taken[0] !== undefined && taken[0] + holdMs <= now) taken.shift()
    if (taken.length >= options.maxPerMinute) return false
    taken.push(now)
    return true
  }

  return {
    async acquire() {
      while (!tryTake()) {
        const napMs = 200 + Math.floor(Math.random() * 300)
        await new Promise((resolve) => setTimeout(resolve, napMs))
      }
    },
  }
}
