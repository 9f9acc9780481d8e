/**
 * Whether a server that fails over and over fails because of what it was sent, or because it is down.
 */
import type { ApiAnswer } from './api.ts'
import { mayBeOfContent } from './judge-answer.ts'
import type { OutageGate } from './outage-gate.ts'

/** After so many failures of the same request, while others succeed, it is this request. */
const strikesMax = 3

/** The failures of one request, or of a part of one. @internal */
export class Strikes {
  /** Of the run; later ones show that the service is there. */
  successesKnown: number
  readonly #gate: OutageGate
  readonly #successesAtStart: number
  readonly #isPart: boolean
  #count = 0

  /** @param successesKnown - Of the request that this is a part of; what the other parts have shown counts. */
  constructor(gate: OutageGate, successesKnown?: number) {
    this.#gate = gate
    this.#successesAtStart = gate.successCount
    this.#isPart = successesKnown !== undefined
    this.successesKnown = successesKnown ?? gate.successCount
  }

  /**
   * Counts a failure; to be called before the gate is closed for it.
   *
   * @param answer - How it failed.
   * @param isSplittable - Whether its parts could show it, where there is nobody else to do so.
   * @returns Whether what was sent is to blame.
   */
  blame(answer: ApiAnswer, isSplittable: boolean): boolean {
    this.#count += 1
    // What was under way when an outage began may succeed after the first failure, and shows nothing of what came then.
    if (this.#count === 2 && !this.#isPart) this.successesKnown = this.#gate.successCount
    if (this.#count < strikesMax || !mayBeOfContent(answer)) return false
    if (this.#gate.successCount > this.successesKnown) return true
    const isAlone = this.#gate.waitingCount === 0
    return isAlone && (isSplittable || this.#gate.successCount > this.#successesAtStart)
  }
}
