/**
 * Defect: the timer serves one waiter and is set again only by the next `acquire()`. When nobody calls any more, the
 * rest of the line waits for ever.
 * Expected: every-call-settles-once or drains-after-faults.
 */
export const expectedInvariants: readonly string[] = [
  'every-call-settles-once',
  'drains-after-faults',
]

interface Waiter {
  grant(): void
  next: Waiter | undefined
}

/** A singly linked line and a ring of the last grants. */
export function createLimiter(options: { maxPerMinute: number; arrivalBoundMs: number }): {
  acquire(): Promise<void>
} {
  const holdMs = 60_000 + options.arrivalBoundMs + 12
  const ring: number[] = Array.from({ length: options.maxPerMinute }, () => -Infinity)
  let cursor = 0
  let head: Waiter | undefined
  let tail: Waiter | undefined
  let isArmed = false

  const waitMs = (): number => (ring[cursor] ?? 0) + holdMs - performance.now()

  function take(): void {
    ring[cursor] = performance.now()
    cursor = (cursor + 1) % ring.length
  }

  function onTimer(): void {
    isArmed = false
    if (waitMs() > 0) return arm()
    const first = head
    if (first === undefined) return undefined
    head = first.next
    if (head === undefined) tail = undefined
    take()
    first.grant()
  }

  function arm(): void {
    if (isArmed) return
    isArmed = true
    setTimeout(onTimer, Math.max(0, Math.ceil(waitMs())))
  }

  return {
    acquire() {
      if (head === undefined && waitMs() <= 0) {
        take()
        return Promise.resolve()
      }
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
