/**
 * Whether a server that fails over and over fails because of what it was sent, or because it is down.
 */
import type { ApiAnswer } from './api.ts'
import { mayBeOfContent } from './judge-answer.ts'
import type { OutageGate } from './outage-gate.ts'

/** After so many failures of the same request, while others succeed, it is this request. */
const strikesMax = 3

/**
 * - `theirs`: what was sent is to blame.
 * - `unclear`: it may be, and nobody is there to show it.
 * - `outage`: the service is down, as far as anybody knows.
 *
 * @internal
 */
export type Blame = 'theirs' | 'unclear' | 'outage'

/** The failures of one request, or of a part of one. @internal */
export class Strikes {
  /** By its number, the newest request that had passed; one that passed later and succeeds shows that the service is there. */
  passesKnown: number
  readonly #gate: OutageGate
  readonly #successesAtStart: number
  readonly #isPart: boolean
  #count = 0

  /** @param passesKnown - Of the request that this is a part of; what the other parts have shown counts. */
  constructor(gate: OutageGate, passesKnown?: number) {
    this.#gate = gate
    this.#successesAtStart = gate.successCount
    this.#isPart = passesKnown !== undefined
    this.passesKnown = passesKnown ?? gate.passCount
  }

  /**
   * Counts a failure; to be called before the gate is closed for it.
   *
   * @param answer - How it failed.
   * @param isSplittable - Whether its parts could show it, where there is nobody else to do so.
   */
  blame(answer: ApiAnswer, isSplittable: boolean): Blame {
    this.#count += 1
    // What was under way when an outage began may succeed long after, and shows nothing of what came since.
    if (this.#count === 2 && !this.#isPart) this.passesKnown = this.#gate.passCount
    if (this.#count < strikesMax || !mayBeOfContent(answer)) return 'outage'
    if (this.#gate.newestSuccess > this.passesKnown) return 'theirs'
    const isAlone = this.#gate.waitingCount === 0 && this.#gate.underWayCount === 1
    if (!isAlone) return 'outage'
    if (isSplittable || this.#gate.successCount > this.#successesAtStart) return 'theirs'
    return 'unclear'
  }
}
