/** The shipped limiter with permits that say, or are told, something else: what a variant of it needs. */
import type { SubjectLimiter } from '../../../sim/subjects/types.ts'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import type { AcquireRequest, LimiterOptions, Permit } from '../../../src/limiter/index.ts'

/** A limiter whose every permit has some of its methods replaced. @internal */
export function alterPermits(
  options: LimiterOptions,
  alter: (permit: Permit, request: AcquireRequest | undefined) => Partial<Permit>,
): SubjectLimiter {
  return new AlteredLimiter(options, alter)
}

class AlteredLimiter extends TogetherRateLimiter {
  readonly #alter: (permit: Permit, request: AcquireRequest | undefined) => Partial<Permit>

  constructor(
    options: LimiterOptions,
    alter: (permit: Permit, request: AcquireRequest | undefined) => Partial<Permit>,
  ) {
    super(options)
    this.#alter = alter
  }

  override async acquire(request?: AcquireRequest): Promise<Permit> {
    const permit = await super.acquire(request)
    const {
      endpoint,
      model,
      grantedAtMs,
      settle,
      settleTokens,
      release,
      abandon,
      report,
      observe,
    } = permit
    const original = {
      endpoint,
      model,
      grantedAtMs,
      settle,
      settleTokens,
      release,
      abandon,
      report,
      observe,
    }
    return { ...original, ...this.#alter(permit, request) }
  }
}
