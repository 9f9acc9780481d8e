/** The shipped limiter with permits that say, or are told, something else: what a variant of it needs. */
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import type { AcquireRequest, LimiterOptions, Permit } from '../../../src/limiter/index.ts'
import { replaceMembers } from './replace-members.ts'

/** A limiter whose every permit has some of its methods replaced. @internal */
export function alterPermits(
  options: LimiterOptions,
  alter: (permit: Permit) => Partial<Permit>,
): TogetherRateLimiter {
  return new AlteredLimiter(options, alter)
}

class AlteredLimiter extends TogetherRateLimiter {
  readonly #alter: (permit: Permit) => Partial<Permit>

  constructor(options: LimiterOptions, alter: (permit: Permit) => Partial<Permit>) {
    super(options)
    this.#alter = alter
  }

  override async acquire(request?: AcquireRequest): Promise<Permit> {
    const permit = await super.acquire(request)
    return replaceMembers(permit, this.#alter(permit))
  }
}
