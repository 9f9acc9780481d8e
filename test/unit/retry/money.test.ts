import { beforeEach, describe, expect, it } from 'vitest'
import { dynamicProfile } from '../../../src/core/profile.ts'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import { rateOutcomeOf } from '../../../src/retry/classify.ts'
import { togetherRetry } from '../../../src/retry/index.ts'
import {
  answer,
  fixedRandom,
  PausingLimiter,
  startCall,
  streamedAnswer,
} from '../../helpers/retry-world.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

class ReportingLimiter extends PausingLimiter {
  readonly reports: string[] = []
  readonly observed: unknown[] = []

  override makePermit(): unknown {
    return {
      report: (outcome: string) => this.reports.push(`${this.clock.now()} ${outcome}`),
      observe: (headers: unknown) => this.observed.push(headers),
    }
  }
}

const spent = { error: { type: 'insufficient_quota', code: 'insufficient_quota' } }
const ordinary = { error: { type: 'credit_limit', code: null } }

let clock: VirtualClock
let limiter: ReportingLimiter

beforeEach(() => {
  clock = new VirtualClock()
  limiter = new ReportingLimiter(clock)
})

describe('rateOutcomeOf', () => {
  it.each([
    [200, undefined, 'succeeded'],
    [429, undefined, 'limited'],
    [429, 'server-paced', 'limited'],
    [429, 'none', 'failed'],
    [402, 'none', 'failed'],
    [409, 'place', 'failed'],
    [500, 'backoff', 'overloaded'],
    [503, 'backoff', 'overloaded'],
  ] as const)('takes a %s of kind %s for %s', (status, kind, outcome) => {
    expect(rateOutcomeOf(status, kind)).toBe(outcome)
  })
})

describe('a 429 that is about money', () => {
  it('is no word about the rate, and pauses for no longer than its body may take', async () => {
    const call = startCall(limiter, [answer(429, spent, { 'retry-after': '100' })])
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ reason: 'not-retryable', status: 429 })
    expect(limiter.reports).toEqual(['0 failed'])
    expect(limiter.pauses).toEqual([{ endpoint: 'chat', delayMs: 10_000 }])
  })

  it('pauses for a second where no wait is named', async () => {
    startCall(limiter, [answer(429, spent)])
    await clock.run(0)
    expect(limiter.pauses).toEqual([{ endpoint: 'chat', delayMs: 1_000 }])
  })
})

describe('a 429 of the type credit_limit', () => {
  it('is about the rate, and pauses for as long as it says', async () => {
    startCall(limiter, [answer(429, ordinary, { 'retry-after': '100' }), answer(200)])
    await clock.run(0)
    expect(limiter.reports).toEqual(['0 limited'])
    expect(limiter.pausedUntilMs).toBe(100_500)
  })

  it('pauses without a gap where its body takes its time', async () => {
    const slow = streamedAnswer(429, { 'retry-after': '100' })
    startCall(limiter, [slow.response, answer(200)])
    await clock.run(4_999)
    expect(limiter.pausedUntilMs).toBe(10_000)
    expect(limiter.reports).toEqual([])
    await clock.run(1)
    expect(limiter.reports).toEqual(['5000 limited'])
    expect(limiter.pausedUntilMs).toBe(100_500)
  })
})

describe('the other refusals', () => {
  it.each([
    [402, 'failed'],
    [503, 'overloaded'],
  ])('a %s pauses nobody and says %s', async (status, outcome) => {
    startCall(limiter, [answer(status, {}, { 'retry-after': '1' })], { maxRetries: 0 })
    await clock.run(0)
    expect(limiter.pauses).toEqual([])
    expect(limiter.reports).toEqual([`0 ${outcome}`])
  })

  it('show the permit their headers as every answer does', async () => {
    const answers = [answer(503, {}, { a: '1' }), answer(429, ordinary), answer(200)]
    const seen = answers.map(({ headers }) => headers)
    startCall(limiter, answers)
    await clock.run(10_000)
    expect(limiter.observed).toEqual(seen)
  })
})

describe('with an adaptive limit', () => {
  it.each([
    ['money', 429, spent, true],
    ['the rate', 429, ordinary, false],
    ['capacity', 503, {}, true],
    ['credits', 402, {}, true],
  ])('a refusal for %s lowers the rate only if it should', async (_what, status, body, isKept) => {
    const real = new TogetherRateLimiter({ profile: dynamicProfile({ requestsStart: 600 }), clock })
    const before = real.snapshot().rateLimits[0]?.requestsNow
    const call = togetherRetry(real, async () => answer(status, body), {
      maxRetries: 0,
      random: fixedRandom(0.5),
    })
    call.catch(() => undefined)
    await clock.run(100)
    const after = real.snapshot().rateLimits[0]?.requestsNow
    if (isKept) expect(after).toBe(before)
    else expect(after).toBeLessThan(before ?? 0)
  })
})
