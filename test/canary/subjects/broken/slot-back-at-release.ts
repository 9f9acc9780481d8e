/**
 * Defect: a semaphore. It bounds what is in flight, and gives a slot back when the response is here, as if the server's
 * quota were a limit on concurrency.
 * Expected: never-exceeds-quota.
 */
export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

class InFlightLimiter {
  #free: number
  readonly #holdMs: number
  readonly #waiting: (() => void)[] = []

  constructor(max: number, holdMs: number) {
    this.#free = max
    this.#holdMs = holdMs
  }

  async acquire(): Promise<{ release(): void }> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    let held = true
    const release = (): void => {
      if (!held) return
      held = false
      clearTimeout(fallback)
      this.#giveBack()
    }
    // For callers that never release.
    const fallback = setTimeout(release, this.#holdMs)
    return { release }
  }

  #giveBack(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}

export function createLimiter(options: {
  maxPerMinute: number
  arrivalBoundMs: number
}): InFlightLimiter {
  return new InFlightLimiter(options.maxPerMinute, 60_000 + options.arrivalBoundMs + 12)
}
