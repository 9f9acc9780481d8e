/**
 * Generations: up to L grants make a generation, and the next one is not opened before W + bound + drift have passed since
 * the *last* grant of the one before.
 *
 * Why it is right. The requests of a generation are counted by its last grant + bound at the latest; those of the next
 * one are granted, and so counted, W + drift later at the earliest. No half-open window of W holds requests of two
 * generations, and none has more than L; fixed windows and a token bucket (L, L/W) follow, and 13 ms of drift cover 100 ppm
 * of 65 s. With enough work waiting a generation is filled at once, so that L requests go every W + bound + drift. A
 * generation that is not full is over, too, when so much time has passed since its last grant.
 */
import type { LimiterOptions } from '../../parts/contract.ts'

export const relevantChecks: readonly string[] = [
  'never-exceeds-quota',
  'fifo-within-key',
  'every-call-settles-once',
  'permits-are-conserved',
]

export class Generations {
  readonly #size: number
  readonly #restMs: number
  #lastGrantAt: number = -Infinity
  #granted = 0
  #lines: (() => void)[] = []
  #isResting = false

  constructor(size: number, restMs: number) {
    this.#size = size
    this.#restMs = restMs
  }

  acquire(): Promise<void> {
    const turn = new Promise<void>((resolve) => this.#lines.push(resolve))
    if (!this.#isResting) this.#open()
    return turn
  }

  #open(): void {
    const now = performance.now()
    if (now >= this.#lastGrantAt + this.#restMs) this.#granted = 0
    const admitted = this.#lines.splice(0, this.#size - this.#granted)
    if (admitted.length > 0) {
      this.#granted += admitted.length
      this.#lastGrantAt = now
      for (const grant of admitted) grant()
    }
    if (this.#lines.length > 0) this.#rest(now)
  }

  #rest(now: number): void {
    this.#isResting = true
    setTimeout(
      () => {
        this.#isResting = false
        this.#open()
      },
      Math.ceil(this.#lastGrantAt + this.#restMs - now),
    )
  }
}

export function createLimiter(options: LimiterOptions): Generations {
  return new Generations(options.maxPerMinute, 60_000 + options.arrivalBoundMs + 13)
}
