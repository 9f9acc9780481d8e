/**
 * Defect: an exact sliding log at the sender. It counts a request when it is sent, the server when it arrives; requests
 * that were slow in one window and quick in the next bunch up at the server.
 * Expected: never-exceeds-quota.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { GrantLog, windowMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

class SendLog {
  readonly #sent: GrantLog
  readonly #queue: (() => void)[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(max: number) {
    this.#sent = new GrantLog({ max, holdMs: windowMs })
  }

  acquire(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      if (this.#timer === undefined) this.#pump()
    })
  }

  #pump(): void {
    this.#timer = undefined
    const now = performance.now()
    while (this.#queue.length > 0 && this.#sent.tryTake(now)) this.#queue.shift()?.()
    if (this.#queue.length === 0) return
    this.#timer = setTimeout(() => this.#pump(), Math.ceil(this.#sent.waitMs(now)))
  }
}

export function createLimiter(options: LimiterOptions): SendLog {
  return new SendLog(options.maxPerMinute)
}
