/**
 * A sliding log of grants, without `release()`: a call is granted when the L-th last grant is H = W + bound + drift old.
 *
 * Why it is right. Take any half-open window of the server that is W long, and two of our requests counted in it. They were
 * counted less than W apart; each was counted between 0 and `arrivalBoundMs` after its grant, so they were granted less
 * than W + bound apart. Any L + 1 grants in a row span at least H, so at most L are in the window. At most L in any window
 * of W is enough for fixed windows of every phase, and for a token bucket (L, L/W): k windows hold at most k L. A server
 * that is 100 ppm slow sees H shortened by less than 7 ms; `driftMs` is 13 for W = 60 s. A timer that fires early is
 * re-checked and set again, one that fires late only delays. Time is monotonic.
 */
import type { LimiterOptions } from '../../parts/contract.ts'

export const relevantChecks: readonly string[] = [
  'never-exceeds-quota',
  'fifo-within-key',
  'every-call-settles-once',
  'permits-are-conserved',
  'uses-the-quota',
]

const windowMs = 60_000
const driftMs = Math.ceil(windowMs / 5000) + 1

class GrantLog {
  readonly #holdMs: number
  /** The last L grants; `#cursor` is at the oldest. */
  readonly #ring: Float64Array
  readonly #queue: (() => void)[] = []
  #cursor = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(max: number, holdMs: number) {
    this.#ring = new Float64Array(max).fill(-Infinity)
    this.#holdMs = holdMs
  }

  acquire(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      if (this.#timer === undefined) this.#serve()
    })
  }

  #serve(): void {
    this.#timer = undefined
    const now = performance.now()
    while (this.#queue.length > 0) {
      const freeAt = (this.#ring[this.#cursor] ?? 0) + this.#holdMs
      if (freeAt > now) {
        this.#timer = setTimeout(() => this.#serve(), Math.ceil(freeAt - now))
        return
      }
      this.#ring[this.#cursor] = now
      this.#cursor = (this.#cursor + 1) % this.#ring.length
      this.#queue.shift()?.()
    }
  }
}

export function createLimiter(options: LimiterOptions): GrantLog {
  return new GrantLog(options.maxPerMinute, windowMs + options.arrivalBoundMs + driftMs)
}
