/**
 * The limiter's one timer.
 *
 * A timer that is set for an earlier instant than asked is left alone: it fires, the queue is looked at again, and it is
 * set anew. So is one that the host fires too early.
 */
import type { Clock } from '../core/clock.ts'

/** @internal */
export class WakeTimer {
  readonly #clock: Clock
  readonly #wake: () => void
  readonly #onTimer = (): void => this.#fire()
  #cancel: (() => void) | undefined = undefined
  #atMs = Infinity

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  /**
   * Sees to it that `wake` is called at `atMs`, or before. At `Infinity` a timer is kept too: a call that waits for a
   * place keeps the process alive.
   */
  wakeAt(nowMs: number, atMs: number): void {
    if (this.#cancel !== undefined && this.#atMs <= atMs) return
    this.clear()
    this.#atMs = atMs
    this.#cancel = this.#clock.setTimer(this.#onTimer, atMs - nowMs)
  }

  /** Nobody waits. */
  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#atMs = Infinity
  }

  #fire(): void {
    this.#cancel = undefined
    this.#atMs = Infinity
    this.#wake()
  }
}
