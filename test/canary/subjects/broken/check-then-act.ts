/**
 * Defect: a call looks how long it has to wait, waits so long and then takes a slot without looking again. All calls
 * that looked at the same full log wake at the same moment and all go.
 * Expected: never-exceeds-quota.
 */
export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

export function createLimiter(options: { maxPerMinute: number; arrivalBoundMs: number }): {
  acquire(): Promise<void>
} {
  const holdMs = 60_000 + options.arrivalBoundMs + 12
  let log: number[] = []

  const waitMs = (): number => {
    const now = performance.now()
    log = log.filter((at) => at + holdMs > now)
    const blocking = log.at(-options.maxPerMinute)
    return blocking === undefined ? 0 : blocking + holdMs - now
  }

  return {
    async acquire() {
      const delayMs = waitMs()
      if (delayMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, Math.ceil(delayMs)))
      }
      log.push(performance.now())
    },
  }
}
