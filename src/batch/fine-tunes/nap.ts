/**
 * A wait that may be cut short. While nobody waits there is no timer.
 */
import type { Clock } from '../../core/clock.ts'

/** @internal */
export class Nap {
  readonly #clock: Clock
  #wake: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** One at a time. */
  async sleep(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.setTimer(resolve, delayMs)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
    this.#wake = undefined
  }

  wake(): void {
    this.#wake?.()
  }
}
