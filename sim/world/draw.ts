/** Draws of whole numbers from one random stream: integer ratios only, so that a probability means the same everywhere. */
import { createSeededRandom, type Random } from '../../src/core/random.ts'
import type { Latency } from '../scenario/types.ts'

export class Draw {
  readonly #random: Random

  /** @param stream - The component's name; streams of different names are independent. */
  constructor(seed: number, stream: string) {
    this.#random = createSeededRandom(seed, `sim/${stream}`)
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.#random.next() * (max - min + 1))
  }

  /** True in `perMille` of a thousand draws. */
  chance(perMille: number): boolean {
    return this.int(0, 999) < perMille
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.int(0, choices.length - 1)] ?? choices[0]
  }

  /** The gap between two of the events that come independently of one another, `mean` apart on average. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.#random.next())
  }

  /** Whole milliseconds of a latency. */
  latency(latency: Latency): number {
    switch (latency.kind) {
      case 'fixed':
        return latency.ms
      case 'uniform':
        return this.int(latency.minMs, latency.maxMs)
      default: {
        const drawn = Math.round(latency.medianMs * Math.exp(latency.sigma * this.#normal()))
        return Math.min(latency.maxMs, Math.max(latency.minMs, drawn))
      }
    }
  }

  /** Marsaglia's polar method, one of its two values: of the functions it needs, all Node versions compute the same. */
  #normal(): number {
    for (;;) {
      const x = 2 * this.#random.next() - 1
      const y = 2 * this.#random.next() - 1
      const square = x * x + y * y
      // About four draws in five fall into the circle.
      if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square)
    }
  }
}
