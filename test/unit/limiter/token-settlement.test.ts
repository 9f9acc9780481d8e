import { describe, expect, it } from 'vitest'
import { Fixture } from '../../helpers/limiter-fixture.ts'
import {
  accountings,
  BOUND_MS,
  createTokenFixture,
  HOLD_MS,
  tokenLimit,
  usedOf,
} from '../../helpers/token-fixture.ts'

describe('Permit.settleTokens', () => {
  it.each([
    { kind: 'reserved', used: 100, taken: 400 },
    { kind: 'reserved', used: 700, taken: 700 },
    { kind: 'used', used: 100, taken: 100 },
    { kind: 'used', used: 0, taken: 0 },
    { kind: 'used', used: 700, taken: 700 },
  ] as const)(
    'leaves $taken of 400 taken until a window after the end, where $used were used ($kind)',
    async ({ kind, used, taken }) => {
      const fixture = createTokenFixture(kind)
      const { permit } = fixture.call('a', { tokens: 400 })
      await fixture.clock.run(0)
      expect(permit).toBeUndefined()
      await fixture.clock.run(1_000)
      expect(usedOf(fixture)).toBe(400)
      const held = fixture.limiter.tryAcquire({ tokens: 400 })
      if (!held.granted) throw new Error('refused')
      held.permit.settle()
      await fixture.clock.run(10_000)
      held.permit.settleTokens(used)
      expect(usedOf(fixture)).toBe(400 + taken)
      await fixture.clock.run(HOLD_MS - 1)
      expect(usedOf(fixture)).toBe(400 + taken)
    },
  )

  it.each(accountings)(
    'holds tokens from the end of the body on, not from the headers (%s)',
    async (kind) => {
      const fixture = createTokenFixture(kind)
      const call = fixture.call('a', { tokens: 1_000 })
      await fixture.clock.run(100)
      call.permit?.settle()
      fixture.call('next', { tokens: 1_000 })
      await fixture.clock.run(19_900)
      call.permit?.settleTokens(1_000)
      await fixture.clock.run(HOLD_MS - 1)
      expect(fixture.granted).toEqual(['a'])
      await fixture.clock.run(1)
      expect(fixture.grantedAtMs).toEqual([0, 20_000 + HOLD_MS])
    },
  )

  it('lets those who wait go at once for what was not used, where used tokens count', async () => {
    const fixture = createTokenFixture('used')
    const first = fixture.call('first', { tokens: 1_000 })
    fixture.calls(3, 'c', { tokens: 300 })
    await fixture.clock.run(50)
    first.permit?.settleTokens(350)
    await fixture.clock.run(0)
    expect(fixture.granted).toEqual(['first', 'c0', 'c1'])
  })

  it('makes a debt of what goes beyond the estimate', async () => {
    const fixture = createTokenFixture('used')
    const first = fixture.call('first', { tokens: 100 })
    await fixture.clock.run(0)
    first.permit?.settleTokens(2_500)
    expect(usedOf(fixture)).toBe(2_500)
    const nothing = fixture.call('no tokens')
    const one = fixture.call('one', { tokens: 1 })
    // Two and a half windows' tokens: one may be owed, the rest is paid first, at 60 ms a token. Whoever names no tokens
    // waits too while the limit is overdrawn, or settling would never slow anybody.
    await fixture.clock.run(1_500 * 60 - 1)
    expect([nothing.permit, one.permit]).toEqual([undefined, undefined])
    await fixture.clock.run(1 + 60)
    expect(fixture.granted).toEqual(['first', 'no tokens', 'one'])
    expect(fixture.grantedAtMs).toEqual([0, 90_000, 90_060])
  })

  it('makes it before the place that it frees is given to anybody', async () => {
    const fixture = createTokenFixture('used', { concurrencyMax: 1 })
    const first = fixture.call('first', { tokens: 100 })
    fixture.call('second', { tokens: 100 })
    await fixture.clock.run(10)
    first.permit?.settleTokens(1_001)
    await fixture.clock.run(10)
    expect(fixture.granted).toEqual(['first'])
  })

  it('settles the request too, counts once, and works detached', async () => {
    const fixture = createTokenFixture('used', {}, tokenLimit(), { id: 'requests', requestsMax: 2 })
    const call = fixture.call('a', { tokens: 400 })
    await fixture.clock.run(100)
    const { settleTokens, settle, release } = call.permit!
    settleTokens(150)
    settleTokens(400)
    settle()
    release()
    settleTokens(1)
    expect(usedOf(fixture)).toBe(150)
    expect(fixture.limiter.snapshot().counters).toMatchObject({ settled: 1 })
    await fixture.clock.run(HOLD_MS)
    expect([usedOf(fixture), usedOf(fixture, 'requests')]).toEqual([0, 0])
  })

  it('counts after release and close, and no longer after abandon', async () => {
    const fixture = createTokenFixture('used')
    const calls = fixture.calls(2, 'c', { tokens: 400 })
    await fixture.clock.run(0)
    calls[0]?.permit?.release()
    calls[1]?.permit?.abandon()
    fixture.limiter.close()
    expect(usedOf(fixture)).toBe(800)
    for (const { permit } of calls) permit?.settleTokens(100)
    expect(usedOf(fixture)).toBe(500)
  })

  it('does nothing but settle where no limit counts tokens', async () => {
    const fixture = new Fixture()
    const call = fixture.call('a', { tokens: 5_000_000 })
    await fixture.clock.run(0)
    call.permit?.settleTokens(9)
    expect(fixture.limiter.snapshot().counters).toMatchObject({ granted: 1, settled: 1 })
  })

  it.each([-1, 0.5, Number.NaN, Infinity])('refuses %s tokens by their name', async (used) => {
    const fixture = createTokenFixture('used')
    const call = fixture.call('a', { tokens: 400 })
    await fixture.clock.run(0)
    expect(() => call.permit?.settleTokens(used)).toThrow(
      expect.objectContaining({ option: 'used' }),
    )
    expect(usedOf(fixture)).toBe(400)
  })
})

describe('an answer that never comes', () => {
  it.each(accountings)(
    'holds its estimate until its bound and a window: never settled (%s)',
    async (kind) => {
      const fixture = createTokenFixture(kind)
      fixture.call('a', { tokens: 400 })
      await fixture.clock.run(BOUND_MS + HOLD_MS - 1)
      expect(usedOf(fixture)).toBe(400)
      await fixture.clock.run(1)
      expect(usedOf(fixture)).toBe(0)
    },
  )

  it.each(accountings)(
    'holds it as long where it is abandoned, headers or not (%s)',
    async (kind) => {
      const fixture = createTokenFixture(kind)
      const [early, late] = fixture.calls(2, 'c', { tokens: 400 })
      await fixture.clock.run(0)
      late?.permit?.settle()
      early?.permit?.abandon()
      late?.permit?.abandon()
      await fixture.clock.run(BOUND_MS + HOLD_MS - 1)
      expect(usedOf(fixture)).toBe(800)
      await fixture.clock.run(1)
      expect(usedOf(fixture)).toBe(0)
    },
  )

  it('is never taken to end before it can have arrived', async () => {
    const fixture = createTokenFixture('used', { answerBoundMs: 0, arrivalBoundMs: 7_000 })
    fixture.call('a', { tokens: 400 })
    await fixture.clock.run(7_000 + HOLD_MS - 1)
    expect(usedOf(fixture)).toBe(400)
    await fixture.clock.run(1)
    expect(usedOf(fixture)).toBe(0)
  })

  it.each([
    { kind: 'reserved', used: 300, taken: 0 },
    { kind: 'reserved', used: 450, taken: 50 },
    { kind: 'used', used: 300, taken: 300 },
  ] as const)(
    'and comes after all is counted when it ends: $taken more for $used ($kind)',
    async ({ kind, used, taken }) => {
      const fixture = createTokenFixture(kind)
      const call = fixture.call('a', { tokens: 400 })
      await fixture.clock.run(BOUND_MS + 5_000)
      call.permit?.settleTokens(used)
      expect(usedOf(fixture)).toBe(400 + taken)
      await fixture.clock.run(HOLD_MS - 5_000)
      expect(usedOf(fixture)).toBe(taken)
      await fixture.clock.run(5_000)
      expect(usedOf(fixture)).toBe(0)
    },
  )
})
