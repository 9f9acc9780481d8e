/**
 * Defect: the waiting line is a stack. Whoever came last is served first, and the first may starve.
 * Expected: fifo-within-key.
 */
export const expectedInvariants: readonly string[] = ['fifo-within-key']

export function createLimiter(options: { maxPerMinute: number; arrivalBoundMs: number }): {
  acquire(): Promise<void>
} {
  const holdMs = 60_000 + options.arrivalBoundMs + 12
  const grants: number[] = []
  const waiters: (() => void)[] = []
  let armed = false

  function hasRoom(now: number): boolean {
    while (grants[0] !== undefined && grants[0] + holdMs <= now) grants.shift()
    return grants.length < options.maxPerMinute
  }

  function arm(now: number): void {
    if (armed || waiters.length === 0) return
    armed = true
    setTimeout(
      () => {
        armed = false
        serve()
      },
      Math.ceil((grants[0] ?? now) + holdMs - now),
    )
  }

  function serve(): void {
    const now = performance.now()
    while (waiters.length > 0 && hasRoom(now)) {
      grants.push(now)
      waiters.pop()?.()
    }
    arm(now)
  }

  return {
    acquire() {
      const turn = new Promise<void>((resolve) => waiters.push(resolve))
      serve()
      return turn
    },
  }
}
