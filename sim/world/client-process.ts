/**
 * A process that can die at any moment: from then on nothing of it happens any more. What it has sent stays sent, and what
 * it has written stays written.
 */
import { systemClock, type Clock } from '../../src/core/clock.ts'

export class ClientProcess {
  /** From 1; what runs in no process of its own is in number 0, which never dies. */
  readonly number: number
  isDead = false
  /** The host's clock; the timers of a dead process never fire. */
  readonly clock: Clock
  readonly #timers = new Set<() => void>()
  readonly #bereaved: (() => void)[] = []

  constructor(number: number) {
    this.number = number
    this.clock = {
      now: () => systemClock.now(),
      wallNow: () => systemClock.wallNow(),
      setTimer: (callback, delayMs) => this.#setTimer(callback, delayMs),
    }
  }

  /** Is told of the death, in its very instant. */
  onDeath(listener: () => void): void {
    this.#bereaved.push(listener)
  }

  die(): void {
    this.isDead = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    for (const listener of this.#bereaved.splice(0)) listener()
  }

  #setTimer(callback: () => void, delayMs: number): () => void {
    // What a dead process still does in its last turn leads to nothing.
    if (this.isDead) return () => {}
    const cancelTimer = systemClock.setTimer(() => {
      this.#timers.delete(cancel)
      callback()
    }, delayMs)
    const cancel = (): void => {
      this.#timers.delete(cancel)
      cancelTimer()
    }
    this.#timers.add(cancel)
    return cancel
  }
}
