/**
 * A limiter on a virtual clock, and a record of what it granted, for the tests of the limiter's shell.
 */
import { type AcquireRequest, type LimiterOptions, type Permit } from '../../src/limiter/index.ts'
import { TogetherRateLimiter } from '../../src/limiter/index.ts'
import type { Profile, RateLimit } from '../../src/core/profile.ts'
import { VirtualClock } from './virtual-clock.ts'

/** One call as the test sees it. @internal */
export interface Call {
  readonly name: string
  permit?: Permit
  error?: unknown
}

/** @internal */
export class Fixture {
  readonly clock: VirtualClock
  readonly limiter: TogetherRateLimiter
  /** Names in the order in which their promises resolved. */
  readonly granted: string[] = []
  readonly grantedAtMs: number[] = []

  constructor(
    options: Omit<LimiterOptions, 'clock'> = {},
    clock: VirtualClock = new VirtualClock(),
  ) {
    this.clock = clock
    this.limiter = new TogetherRateLimiter({ ...options, clock })
  }

  readonly call = (name: string, request?: AcquireRequest): Call => {
    const call: Call = { name }
    void this.#follow(call, request)
    return call
  }

  async #follow(call: Call, request?: AcquireRequest): Promise<void> {
    try {
      call.permit = await this.limiter.acquire(request)
      this.granted.push(call.name)
      this.grantedAtMs.push(call.permit.grantedAtMs)
    } catch (error) {
      call.error = error
    }
  }

  /** `count` calls that differ only in the number behind their name. */
  readonly calls = (count: number, name: string, request?: AcquireRequest): Call[] => {
    return Array.from({ length: count }, (_, index) => this.call(`${name}${index}`, request))
  }
}

/** A profile with nothing but the given rate limits; each defaults to chat, 10 in a minute. @internal */
export function profileOf(...rateLimits: Partial<RateLimit>[]): Profile {
  return {
    name: 'test',
    rateLimits: rateLimits.map((limit, index) => ({
      id: `limit-${index}`,
      endpoints: ['chat'],
      requestsMax: 10,
      windowMs: 60_000,
      ...limit,
    })),
    concurrencyLimits: [],
  }
}
