/**
 * Which model a request goes to, while some of them have no capacity.
 */
import type { Clock } from '../../core/clock.ts'

/** So long a model is left alone that has answered with a 503. */
const restMs = 30_000

/** Remembers which models are down. @internal */
export class Fallback {
  readonly #clock: Clock
  readonly #models: readonly string[]
  readonly #downUntilMs = new Map<string, number>()

  constructor(clock: Clock, models: readonly string[]) {
    this.#clock = clock
    this.#models = models
  }

  /** The first that is not down: the own one, then the others in their order; the own one where all are. */
  choose(own: string): string {
    return [own, ...this.#models].find((model) => !this.#isDown(model)) ?? own
  }

  /** A 503 came. @returns Whether there is another model to try now. */
  markDown(model: string, own: string): boolean {
    this.#downUntilMs.set(model, this.#clock.now() + restMs)
    return [own, ...this.#models].some((other) => !this.#isDown(other))
  }

  #isDown(model: string): boolean {
    return this.#clock.now() < (this.#downUntilMs.get(model) ?? -Infinity)
  }
}
