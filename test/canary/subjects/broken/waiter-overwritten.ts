/**
 * Defect: whoever has to wait is kept per wake-up time, one each. Of two calls that wait for the same slot's end, the
 * second overwrites the first, whose promise is then never resolved.
 * Expected: every-call-settles-once or drains-after-faults.
 */
export const expectedInvariants: readonly string[] = [
  'every-call-settles-once',
  'drains-after-faults',
]

class SlotTable {
  readonly #holdMs: number
  readonly #freeAt: Float64Array
  readonly #wakeUps = new Map<number, () => void>()
  #next = 0

  constructor(max: number, holdMs: number) {
    this.#holdMs = holdMs
    this.#freeAt = new Float64Array(max)
  }

  /** Slots are used in turn, so the next one is always the one that is free first. */
  acquire(): Promise<void> {
    const now = performance.now()
    const index = this.#next
    this.#next = (index + 1) % this.#freeAt.length
    const grantAt = Math.max(now, this.#freeAt[index] ?? 0)
    this.#freeAt[index] = grantAt + this.#holdMs
    if (grantAt <= now) return Promise.resolve()
    return new Promise((resolve) => {
      const isArmed = this.#wakeUps.has(grantAt)
      this.#wakeUps.set(grantAt, resolve)
      if (!isArmed) this.#arm(grantAt)
    })
  }

  #arm(grantAt: number): void {
    const remainingMs = grantAt - performance.now()
    if (remainingMs > 0) {
      setTimeout(() => this.#arm(grantAt), Math.ceil(remainingMs))
      return
    }
    this.#wakeUps.get(grantAt)?.()
    this.#wakeUps.delete(grantAt)
  }
}

export function createLimiter(options: {
  maxPerMinute: number
  arrivalBoundMs: number
}): SlotTable {
  return new SlotTable(options.maxPerMinute, 60_000 + options.arrivalBoundMs + 12)
}
