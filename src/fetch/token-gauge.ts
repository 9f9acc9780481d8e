/**
 * Whether a request's tokens matter to the limiter, and how many they may be.
 *
 * Most profiles have no limit in tokens; then no body is parsed and no estimate made.
 */
import type { EndpointClass } from '../core/profile.ts'
import type { TogetherRateLimiter } from '../limiter/index.ts'
import type { BodyFacts } from './body.ts'

type TokenEstimator = (body: unknown, endpoint: EndpointClass) => number

/** @internal */
export class TokenGauge {
  readonly #limiter: TogetherRateLimiter
  readonly #estimate: TokenEstimator

  constructor(limiter: TogetherRateLimiter, estimate: TokenEstimator) {
    this.#limiter = limiter
    this.#estimate = estimate
  }

  /** Whether a limit in tokens applies. */
  applies(endpoint: EndpointClass, model: string | undefined): boolean {
    return this.#limiter.countsTokens(endpoint, model)
  }

  /** @returns Undefined where no limit in tokens applies. */
  tokensOf(endpoint: EndpointClass, facts: BodyFacts): number | undefined {
    return this.applies(endpoint, facts.model) ? this.#estimate(facts.content, endpoint) : undefined
  }
}
