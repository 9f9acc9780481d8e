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

  /**
   * The first that is not down: the own one, then the others in their order.
   *
   * @param tried - What is left out besides: the retry may take longer than a model's rest, and they would take turns.
   * @returns Undefined where there is none.
   */
  choose(own: string, tried: ReadonlySet<string>): string | undefined {
    return [own, ...this.#models].find((model) => !this.#isDown(model) && !tried.has(model))
  }

  /** A 503 came. */
  markDown(model: string): void {
    this.#downUntilMs.set(model, this.#clock.now() + restMs)
  }

  #isDown(model: string): boolean {
    return this.#clock.now() < (this.#downUntilMs.get(model) ?? -Infinity)
  }
}
