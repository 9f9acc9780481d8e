/**
 * Limiters of 1,000 tokens a minute, for the tests of limits in tokens.
 */
import type { RateLimit, TokenAccounting } from '../../src/core/profile.ts'
import type { LimiterOptions } from '../../src/limiter/index.ts'
import { slotHoldMs } from '../../src/limiter/strict-window.ts'
import { Fixture, profileOf } from './limiter-fixture.ts'

/** How long counted tokens are held. @internal */
export const HOLD_MS: number = slotHoldMs(60_000)
/** The `answerBoundMs` of the limiters. @internal */
export const BOUND_MS = 30_000

/** Both kinds of servers. @internal */
export const accountings: readonly TokenAccounting[] = ['reserved', 'used']

/** A limit of 1,000 tokens a minute for chat. @internal */
export function tokenLimit(limit: Partial<RateLimit> = {}): Partial<RateLimit> {
  return { id: 'tokens', requestsMax: undefined, tokensMax: 1_000, ...limit }
}

/** A limiter of the given limits, or of that one. @internal */
export function createTokenFixture(
  tokenAccounting: TokenAccounting,
  options: Omit<LimiterOptions, 'clock'> = {},
  ...limits: Partial<RateLimit>[]
): Fixture {
  const profile = {
    ...profileOf(...(limits.length > 0 ? limits : [tokenLimit()])),
    tokenAccounting,
  }
  return new Fixture({ profile, pacing: 'burst', answerBoundMs: BOUND_MS, ...options })
}

/** What is taken of a limit. @internal */
export function usedOf({ limiter }: Fixture, id = 'tokens'): number | undefined {
  return limiter.snapshot().rateLimits.find((limit) => limit.id === id)?.used
}
