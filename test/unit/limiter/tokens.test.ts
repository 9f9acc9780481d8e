import { describe, expect, it } from 'vitest'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import { Fixture, profileOf } from '../../helpers/limiter-fixture.ts'
import {
  accountings,
  BOUND_MS,
  createTokenFixture,
  HOLD_MS,
  tokenLimit,
  usedOf,
} from '../../helpers/token-fixture.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

describe('a limit in tokens', () => {
  it.each(accountings)(
    'reserves estimates, in one window no more than its tokens (%s)',
    async (kind) => {
      const fixture = createTokenFixture(kind)
      for (const name of ['a', 'b', 'c', 'd']) fixture.call(name, { tokens: 400 })
      await fixture.clock.run(BOUND_MS + HOLD_MS - 1)
      expect(fixture.granted).toEqual(['a', 'b'])
      expect(usedOf(fixture)).toBe(800)
      await fixture.clock.run(1)
      expect(fixture.granted).toEqual(['a', 'b', 'c', 'd'])
    },
  )

  it('shows its tokens in the snapshot, and no requests', () => {
    const fixture = createTokenFixture('reserved')
    fixture.limiter.tryAcquire({ tokens: 400 })
    expect(fixture.limiter.snapshot().rateLimits).toEqual([
      { id: 'tokens', used: 400, tokensMax: 1_000, windowMs: 60_000 },
    ])
  })

  it('and one in requests, and places, are granted together or not at all', async () => {
    const rates = profileOf(tokenLimit(), { id: 'requests', requestsMax: 2 })
    const profile = {
      ...rates,
      concurrencyLimits: [
        { id: 'places', endpoints: ['chat'], concurrentMax: 3, heldUntil: 'response' },
      ],
    } as const
    const fixture = new Fixture({ profile, pacing: 'burst' })
    expect(fixture.limiter.tryAcquire({ tokens: 900 })).toMatchObject({ granted: true })
    expect(fixture.limiter.tryAcquire({ tokens: 200 })).toMatchObject({ granted: false })
    expect([usedOf(fixture), usedOf(fixture, 'requests')]).toEqual([900, 1])
    expect(fixture.limiter.snapshot().concurrency).toMatchObject([{ used: 1 }])
    expect(fixture.limiter.tryAcquire({ tokens: 100 })).toMatchObject({ granted: true })
    expect(fixture.limiter.tryAcquire({ tokens: 0 })).toMatchObject({ granted: false })
    expect([usedOf(fixture), usedOf(fixture, 'requests')]).toEqual([1_000, 2])
  })

  it('counts the default where a call names no tokens', async () => {
    const fixture = createTokenFixture('reserved', { tokensDefault: 300 })
    fixture.call('default')
    fixture.call('its own', { tokens: 50 })
    fixture.call('default too', { cost: 3 })
    await fixture.clock.run(0)
    expect(usedOf(fixture)).toBe(650)
  })

  it('counts for each model where it is the models’ own', async () => {
    const fixture = createTokenFixture('used', {}, tokenLimit({ scope: 'model' }))
    for (const model of ['a', 'b']) fixture.calls(2, model, { model, tokens: 600 })
    await fixture.clock.run(0)
    expect(fixture.granted).toEqual(['a0', 'b0'])
  })

  it('handles millions of tokens in as many steps as a handful', () => {
    const limiter = new TogetherRateLimiter({
      clock: new VirtualClock(),
      profile: profileOf(tokenLimit({ tokensMax: 9_000_000_000_000 })),
      pacing: 'burst',
    })
    for (let count = 0; count < 1_000; count += 1) {
      const result = limiter.tryAcquire({ tokens: 1_000_000_000 })
      if (result.granted) result.permit.settleTokens(999_999_999)
    }
    expect(limiter.snapshot().rateLimits[0]?.used).toBe(1_000_000_000_000)
  })
})

describe('a call of more tokens than a window has', () => {
  it('goes alone when the window is empty, and others wait until it is paid for', async () => {
    const fixture = createTokenFixture('used')
    const small = fixture.call('small', { tokens: 1 })
    const large = fixture.call('large', { tokens: 5_000 })
    fixture.call('next', { tokens: 1 })
    await fixture.clock.run(100)
    expect(fixture.granted).toEqual(['small'])
    small.permit?.settleTokens(1)
    await fixture.clock.run(HOLD_MS)
    expect(fixture.granted).toEqual(['small', 'large'])
    expect(usedOf(fixture)).toBe(5_000)
    large.permit?.settleTokens(4_000)
    await fixture.clock.run(5 * 60_000)
    expect(fixture.granted).toEqual(['small', 'large', 'next'])
    const [, largeAtMs = 0, nextAtMs] = fixture.grantedAtMs
    expect([largeAtMs, nextAtMs]).toEqual([100 + HOLD_MS, largeAtMs + 3_001 * 60])
  })

  it('goes out of a server’s log a window after its end, also where the pacer would allow it', async () => {
    const fixture = createTokenFixture('used')
    const large = fixture.call('large', { tokens: 1_001 })
    fixture.call('next', { tokens: 1 })
    await fixture.clock.run(20_000)
    large.permit?.settleTokens(1_001)
    await fixture.clock.run(HOLD_MS - 1)
    expect(fixture.granted).toEqual(['large'])
    await fixture.clock.run(1)
    expect(fixture.granted).toEqual(['large', 'next'])
  })

  it('is no error where a limit is set below it while it waits', async () => {
    const fixture = createTokenFixture('used')
    fixture.call('small', { tokens: 900 })
    const large = fixture.call('large', { tokens: 800 })
    fixture.limiter.setRateLimit('tokens', 500)
    await fixture.clock.run(BOUND_MS + HOLD_MS)
    expect(large.error).toBeUndefined()
    expect(fixture.granted).toEqual(['small', 'large'])
  })
})

describe('limits in tokens that are only paced', () => {
  // 1,000 tokens a second: 900 are used, and 100 may go at once.
  const perSecond = tokenLimit({ windowMs: 1_000 })

  it('space calls by their tokens, with debt for those above the burst', async () => {
    const fixture = createTokenFixture('reserved', { pacing: 'even' }, perSecond)
    for (const tokens of [50, 50, 90, 1_000, 9_000, 10]) fixture.call(String(tokens), { tokens })
    await fixture.clock.run(20_000)
    expect(fixture.granted).toEqual(['50', '50', '90', '1000', '9000', '10'])
    const secondsAt = fixture.grantedAtMs.map((atMs) => atMs / 1_000)
    // Each goes when what went before is paid, but for the part of the burst that it leaves.
    expect(secondsAt).toEqual([0, 0, 0.1, 0.212, 1.324, 11.224])
  })

  it('give back what was not used, where used tokens count, and owe what was used beyond', async () => {
    const fixture = createTokenFixture('used', { pacing: 'even' }, perSecond)
    const first = fixture.call('first', { tokens: 9_000 })
    await fixture.clock.run(0)
    expect(usedOf(fixture)).toBe(9_000)
    first.permit?.settleTokens(100)
    expect(usedOf(fixture)).toBe(100)
    const second = fixture.call('second', { tokens: 100 })
    await fixture.clock.run(112)
    second.permit?.settleTokens(1_000)
    expect(usedOf(fixture)).toBe(1_000)
    fixture.call('third', { tokens: 100 })
    await fixture.clock.run(1_100)
    expect(fixture.granted).toEqual(['first', 'second'])
    await fixture.clock.run(12)
    expect(fixture.granted).toEqual(['first', 'second', 'third'])
  })

  it('keep what was reserved, where reserved tokens count, and where nobody settles in time', async () => {
    for (const kind of accountings) {
      const fixture = createTokenFixture(kind, { pacing: 'even', answerBoundMs: 5_000 }, perSecond)
      const call = fixture.call('a', { tokens: 9_000 })
      await fixture.clock.run(5_000)
      call.permit?.settleTokens(100)
      expect(usedOf(fixture)).toBe(4_500)
    }
  })
})

describe('the wait for tokens', () => {
  it.each(accountings)('is told by tryAcquire, the snapshot and a deadline (%s)', async (kind) => {
    const fixture = createTokenFixture(kind)
    const { limiter, clock } = fixture
    const first = limiter.tryAcquire({ tokens: 1_000 })
    if (first.granted) first.permit.settleTokens(1_000)
    clock.advance(10_000)
    const restMs = HOLD_MS - 10_000
    expect(limiter.tryAcquire({ tokens: 1 })).toEqual({ granted: false, retryAfterMs: restMs })
    expect(limiter.snapshot({ tokens: 1 }).waitMs).toBe(restMs)
    expect(limiter.snapshot({ tokens: 0 }).waitMs).toBe(0)
    const late = fixture.call('late', { tokens: 1, deadlineMs: restMs - 1 })
    fixture.call('in time', { tokens: 1, deadlineMs: restMs })
    await clock.run(restMs)
    expect(late.error).toMatchObject({ code: 'DEADLINE', neededMs: restMs })
    expect(fixture.granted).toEqual(['in time'])
  })

  it('counts the estimates of all before, where nothing is given back', async () => {
    const fixture = createTokenFixture('reserved')
    fixture.calls(6, 'c', { tokens: 500 })
    await fixture.clock.run(0)
    const { limiter } = fixture
    // Two have gone and four wait: two holds, and the rest of the first.
    expect(limiter.snapshot({ tokens: 500 }).waitMs).toBe(3 * HOLD_MS)
    expect(limiter.snapshot({ tokens: 0 }).waitMs).toBe(2 * HOLD_MS)
    fixture.call('large', { tokens: 3_000 })
    // The window could pass all of it in one hold behind the large one; the pacer wants it paid.
    expect(limiter.snapshot({ tokens: 1 }).waitMs).toBe((1_000 + 5_000 - 999) * 60)
  })

  it('is unknown while what is in flight may be given back', () => {
    const { limiter } = createTokenFixture('used')
    limiter.tryAcquire({ tokens: 1_000 })
    expect(limiter.tryAcquire({ tokens: 1 })).toEqual({ granted: false, retryAfterMs: 1 })
  })
})

describe('limits in tokens and the rest', () => {
  it('are changed while calls wait', async () => {
    const fixture = createTokenFixture('reserved')
    fixture.calls(5, 'c', { tokens: 400 })
    await fixture.clock.run(0)
    fixture.limiter.setRateLimit('tokens', 1_600)
    await fixture.clock.run(0)
    expect(fixture.granted).toHaveLength(4)
    expect(fixture.limiter.snapshot().rateLimits[0]).toMatchObject({
      used: 1_600,
      tokensMax: 1_600,
    })
    expect(() => fixture.limiter.setRateLimit('tokens', 0)).toThrow(/option tokensMax/)
  })

  it('are not changed by maxPerMinute', () => {
    const fixture = createTokenFixture('reserved', { maxPerMinute: 60 }, tokenLimit(), {
      id: 'requests',
    })
    expect(fixture.limiter.snapshot().rateLimits).toMatchObject([
      { tokensMax: 1_000 },
      { requestsMax: 60 },
    ])
  })

  it('take a share of a window as used by a predecessor, as long as its answers may last', async () => {
    const fixture = createTokenFixture('used', { initialUsage: 0.75 })
    fixture.call('fits', { tokens: 250 })
    fixture.call('waits', { tokens: 1 })
    await fixture.clock.run(BOUND_MS + HOLD_MS - 1)
    expect(fixture.granted).toEqual(['fits'])
    await fixture.clock.run(1)
    expect(fixture.granted).toEqual(['fits', 'waits'])
  })

  it('have no burst after a pause, whatever is given back', async () => {
    const fixture = createTokenFixture('used', {}, tokenLimit({ tokensMax: 60_000 }))
    const first = fixture.call('first', { tokens: 10_000 })
    await fixture.clock.run(0)
    fixture.limiter.pause({ delayMs: 5_000 })
    fixture.calls(3, 'c', { tokens: 1_000 })
    await fixture.clock.run(5_000)
    first.permit?.settleTokens(0)
    await fixture.clock.run(3_000)
    expect(fixture.granted).toEqual(['first', 'c0', 'c1', 'c2'])
    // The pacer has room for one token when the pause ends, and for a thousand more a second later.
    expect(fixture.grantedAtMs.slice(1).map(Math.ceil)).toEqual([5_999, 6_999, 7_999])
  })

  it('are waited for in turn: a small call of another lane does not starve a large one', async () => {
    const shared = tokenLimit({ endpoints: ['chat', 'embeddings'] })
    const fixture = createTokenFixture('used', {}, shared)
    const first = fixture.call('first', { tokens: 500 })
    fixture.call('large', { tokens: 900 })
    fixture.call('small', { tokens: 10, endpoint: 'embeddings' })
    fixture.call('none', { tokens: 0, endpoint: 'embeddings' })
    await fixture.clock.run(10)
    expect(fixture.granted).toEqual(['first'])
    first.permit?.settleTokens(50)
    await fixture.clock.run(0)
    expect(fixture.granted).toEqual(['first', 'large', 'small', 'none'])
  })
})
