/**
 * Defect: an exact sliding log at the sender. It counts a request when it is sent, the server when it arrives; requests
 * that were slow in one window and quick in the next bunch up at the server.
 * Expected: never-exceeds-quota.
 */
export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

const windowMs = 60_000

class SendLog {
  readonly #max: number
  readonly #sentAt: number[] = []
  readonly #queue: (() => void)[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(max: number) {
    this.#max = max
  }

  acquire(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      this.#pump()
    })
  }

  #pump(): void {
    const now = performance.now()
    while (this.#sentAt[0] !== undefined && this.#sentAt[0] + windowMs <= now) this.#sentAt.shift()
    while (this.#queue.length > 0 && this.#sentAt.length < this.#max) {
      this.#sentAt.push(now)
      this.#queue.shift()?.()
    }
    if (this.#queue.length === 0 || this.#timer !== undefined) return
    const wakeAt = (this.#sentAt[0] ?? now) + windowMs
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#pump()
      },
      Math.ceil(wakeAt - now),
    )
  }
}

export function createLimiter(options: { maxPerMinute: number }): SendLog {
  return new SendLog(options.maxPerMinute)
}
