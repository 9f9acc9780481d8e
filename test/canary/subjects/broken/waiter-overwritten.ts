/**
 * Defect: the line is a Map from the time of arrival to the waiter. It keeps the order, but of two calls that come in the
 * same millisecond the second overwrites the first, whose promise is then never resolved.
 * Expected: every-call-settles-once or drains-after-faults.
 */
export const expectedInvariants: readonly string[] = [
  'every-call-settles-once',
  'drains-after-faults',
]

export class WindowLimiter {
  readonly #max: number
  readonly #holdMs: number
  readonly #grants: number[] = []
  readonly #line = new Map<number, () => void>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(max: number, holdMs: number) {
    this.#max = max
    this.#holdMs = holdMs
  }

  acquire(): Promise<void> {
    const now = performance.now()
    if (this.#line.size === 0 && this.#tryTake(now)) return Promise.resolve()
    return new Promise((resolve) => {
      this.#line.set(now, resolve)
      this.#arm(now)
    })
  }

  #tryTake(now: number): boolean {
    while (this.#grants[0] !== undefined && this.#grants[0] + this.#holdMs <= now) {
      this.#grants.shift()
    }
    if (this.#grants.length >= this.#max) return false
    this.#grants.push(now)
    return true
  }

  #arm(now: number): void {
    if (this.#timer !== undefined || this.#line.size === 0) return
    const delayMs = Math.ceil((this.#grants[0] ?? now) + this.#holdMs - now)
    this.#timer = setTimeout(() => this.#serve(), delayMs)
  }

  #serve(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [arrivedAt, grant] of this.#line) {
      if (!this.#tryTake(now)) break
      this.#line.delete(arrivedAt)
      grant()
    }
    this.#arm(now)
  }
}

export function createLimiter(options: {
  maxPerMinute: number
  arrivalBoundMs: number
}): WindowLimiter {
  return new WindowLimiter(options.maxPerMinute, 60_000 + options.arrivalBoundMs + 12)
}
