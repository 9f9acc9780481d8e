/**
 * Defect: windows are measured by `Date.now()`. When the wall clock is set forward, slots come back before their time;
 * when it is set back, they come back hours late.
 * Expected: never-exceeds-quota (forward), or what a standstill violates (back).
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { safeHoldMs } from '../../parts/grant-log.ts'
import { sleep } from '../../parts/wait.ts'

export const expectedInvariants: readonly string[] = [
  'never-exceeds-quota',
  'drains-after-faults',
  'uses-the-quota',
  'throughput-recovers',
  'permits-are-conserved',
]

export class WallClockLimiter {
  readonly #max: number
  readonly #holdMs: number
  #grants: number[] = []
  #line: Promise<void> = Promise.resolve()

  constructor(max: number, holdMs: number) {
    this.#max = max
    this.#holdMs = holdMs
  }

  /** Each call waits for the one before it, which keeps the order. */
  acquire(): Promise<void> {
    this.#line = this.#line.then(() => this.#waitForRoom())
    return this.#line
  }

  async #waitForRoom(): Promise<void> {
    for (;;) {
      const now = Date.now()
      this.#grants = this.#grants.filter((at) => at + this.#holdMs > now)
      const oldest = this.#grants[0]
      if (oldest === undefined || this.#grants.length < this.#max) {
        this.#grants.push(now)
        return
      }
      await sleep(oldest + this.#holdMs - now)
    }
  }
}

export function createLimiter(options: LimiterOptions): WallClockLimiter {
  return new WallClockLimiter(options.maxPerMinute, safeHoldMs(options))
}
