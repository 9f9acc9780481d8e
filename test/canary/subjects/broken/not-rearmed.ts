/**
 * Defect: the timer serves one waiter and is set again only by the next `acquire()`. When nobody calls any more, the
 * rest of the line waits for ever.
 * Expected: every-call-settles-once or drains-after-faults.
 */
import type { LimiterOptions } from '../../parts/contract.ts'
import { GrantLog, safeHoldMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = [
  'every-call-settles-once',
  'drains-after-faults',
]

interface Waiter {
  grant(): void
  next: Waiter | undefined
}

/** A singly linked line. */
export function createLimiter(options: LimiterOptions): { acquire(): Promise<void> } {
  const log = new GrantLog({ max: options.maxPerMinute, holdMs: safeHoldMs(options) })
  let head: Waiter | undefined
  let tail: Waiter | undefined
  let isArmed = false

  function onTimer(): void {
    isArmed = false
    const first = head
    if (first === undefined) return
    if (!log.tryTake(performance.now())) return arm()
    head = first.next
    if (head === undefined) tail = undefined
    first.grant()
  }

  function arm(): void {
    if (isArmed) return
    isArmed = true
    setTimeout(onTimer, Math.ceil(log.waitMs(performance.now())))
  }

  return {
    acquire() {
      if (head === undefined && log.tryTake(performance.now())) return Promise.resolve()
      return new Promise((resolve) => {
        const waiter: Waiter = { grant: resolve, next: undefined }
        if (tail === undefined) head = waiter
        else tail.next = waiter
        tail = waiter
        arm()
      })
    },
  }
}
