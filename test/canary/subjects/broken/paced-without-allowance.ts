/**
 * Defect: evenly paced at exactly the limit, one request each W/L. A request that was slow and those after it that were
 * not arrive within one window of the server, and there is no room for a single one too many.
 * Expected: never-exceeds-quota.
 */
export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

export class Pacer {
  readonly #intervalMs: number
  readonly #queue: (() => void)[] = []
  #nextAt: number = -Infinity
  #isArmed = false

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  acquire(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      if (!this.#isArmed) this.#serve()
    })
  }

  readonly #serve = (): void => {
    this.#isArmed = false
    for (;;) {
      if (this.#queue.length === 0) return
      const now = performance.now()
      if (now < this.#nextAt) {
        this.#isArmed = true
        setTimeout(this.#serve, Math.ceil(this.#nextAt - now))
        return
      }
      // Timers have whole milliseconds; what was rounded up is not lost, so that the mean rate is the limit.
      this.#nextAt = Math.max(this.#nextAt, now - 1) + this.#intervalMs
      this.#queue.shift()?.()
    }
  }
}

export function createLimiter(options: { maxPerMinute: number }): Pacer {
  return new Pacer(60_000 / options.maxPerMinute)
}
