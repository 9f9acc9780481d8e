/**
 * Defect: the line is a Map from the time of arrival to the waiter. It keeps the order, but of two calls that come in the
 * same millisecond the second overwrites the first, whose promise is then never resolved.
 * Expected: every-call-settles-once or drains-after-faults.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { GrantLog, safeHoldMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = [
  'every-call-settles-once',
  'drains-after-faults',
]

class WindowLimiter {
  readonly #log: GrantLog
  readonly #line = new Map<number, () => void>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(log: GrantLog) {
    this.#log = log
  }

  acquire(): Promise<void> {
    const now = performance.now()
    if (this.#line.size === 0 && this.#log.tryTake(now)) return Promise.resolve()
    return new Promise((resolve) => {
      this.#line.set(now, resolve)
      this.#arm(now)
    })
  }

  #arm(now: number): void {
    if (this.#timer !== undefined || this.#line.size === 0) return
    this.#timer = setTimeout(() => this.#serve(), Math.ceil(this.#log.waitMs(now)))
  }

  #serve(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [arrivedAt, grant] of this.#line) {
      if (!this.#log.tryTake(now)) break
      this.#line.delete(arrivedAt)
      grant()
    }
    this.#arm(now)
  }
}

export function createLimiter(options: LimiterOptions): WindowLimiter {
  return new WindowLimiter(new GrantLog({ max: options.maxPerMinute, holdMs: safeHoldMs(options) }))
}
