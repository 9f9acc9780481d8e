/**
 * Defect: a chain of timers looks after the slots, each one setting the next, also when there is nothing left to look
 * after. The process never becomes idle.
 * Expected: nothing-left-behind.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { safeHoldMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = ['nothing-left-behind']

export class SelfCleaningLog {
  readonly #max: number
  readonly #holdMs: number
  readonly #grants: number[] = []
  readonly #queue: (() => void)[] = []
  #isRunning = false

  constructor(max: number, holdMs: number) {
    this.#max = max
    this.#holdMs = holdMs
  }

  acquire(): Promise<void> {
    const turn = new Promise<void>((resolve) => this.#queue.push(resolve))
    this.#serve()
    if (!this.#isRunning) this.#lookAgain()
    return turn
  }

  #lookAgain(): void {
    this.#isRunning = true
    this.#serve()
    const oldest = this.#grants[0]
    const delayMs = oldest === undefined ? 1000 : oldest + this.#holdMs - performance.now()
    setTimeout(() => this.#lookAgain(), Math.max(1, Math.ceil(delayMs)))
  }

  #serve(): void {
    const now = performance.now()
    while (this.#grants[0] !== undefined && this.#grants[0] + this.#holdMs <= now) {
      this.#grants.shift()
    }
    while (this.#queue.length > 0 && this.#grants.length < this.#max) {
      this.#grants.push(now)
      this.#queue.shift()?.()
    }
  }
}

export function createLimiter(options: LimiterOptions): SelfCleaningLog {
  return new SelfCleaningLog(options.maxPerMinute, safeHoldMs(options))
}
