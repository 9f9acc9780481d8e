/**
 * Evenly spaced grants, in order of arrival, with one timer while somebody waits. Whether the distance is a safe one is
 * for whoever chooses it.
 */

/** A line that moves once an interval. @internal */
export class Pacer {
  /** The distance of two grants, in milliseconds. */
  protected intervalMs: number
  readonly #queue: (() => void)[] = []
  #nextAt: number = -Infinity
  #isArmed = false

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs
  }

  acquire(): Promise<undefined> {
    return new Promise((resolve) => {
      this.#queue.push(() => resolve(undefined))
      if (!this.#isArmed) this.#serve()
    })
  }

  readonly #serve = (): void => {
    this.#isArmed = false
    while (this.#queue.length > 0) {
      const now = performance.now()
      if (now < this.#nextAt) {
        this.#isArmed = true
        setTimeout(this.#serve, Math.ceil(this.#nextAt - now))
        return
      }
      // Timers have whole milliseconds; what was rounded up is not lost, so that the mean rate is the limit.
      this.#nextAt = Math.max(this.#nextAt, now - 1) + this.intervalMs
      this.#queue.shift()?.()
    }
  }
}
