/**
 * Defect: the line is served by an interval that is started with the first waiter and never cleared.
 * Expected: nothing-left-behind.
 */
export const expectedInvariants: readonly string[] = ['nothing-left-behind']

export function createLimiter(options: { maxPerMinute: number; arrivalBoundMs: number }): {
  acquire(): Promise<void>
} {
  const holdMs = 60_000 + options.arrivalBoundMs + 12
  const grants: number[] = []
  const queue: (() => void)[] = []
  let ticker: ReturnType<typeof setInterval> | undefined

  function serve(): void {
    const now = performance.now()
    while (grants[0] !== undefined && grants[0] + holdMs <= now) grants.shift()
    while (queue.length > 0 && grants.length < options.maxPerMinute) {
      grants.push(now)
      queue.shift()?.()
    }
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
