/**
 * Wakes whoever waits for something to change; they look for themselves what has.
 */

/** @internal */
export class Bell {
  #waiters: (() => void)[] = []

  /** Resolves at the next ring. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve)
    })
  }

  ring(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
