import { describe, expect, it } from 'vitest'
import type { LimiterOptions } from '../../../src/limiter/index.ts'
import { Fixture, profileOf } from '../../helpers/limiter-fixture.ts'

type Names = Record<string, string | number>

function headers(values: Names): { get: (name: string) => string | null } {
  return { get: (name) => (name in values ? String(values[name]) : null) }
}

/** One call is granted, and its answer says so much. */
async function observed(values: Names, options: LimiterOptions = {}): Promise<Fixture> {
  const fixture = new Fixture({ profile: profileOf({}), pacing: 'burst', ...options })
  const permit = await fixture.limiter.acquire()
  permit.observe(headers(values))
  permit.settle()
  return fixture
}

function free({ limiter }: Fixture): number {
  let count = 0
  while (limiter.tryAcquire().granted) count += 1
  return count
}

const someTaken = { 'x-ratelimit-limit': 10, 'x-ratelimit-remaining': 6 }

describe('Permit.observe', () => {
  it('takes what others have as taken, and one more', async () => {
    const fixture = await observed(someTaken)
    expect(fixture.limiter.snapshot().rateLimits[0]).toMatchObject({ used: 1, usedByOthers: 4 })
    expect(free(fixture)).toBe(5)
  })

  it('changes nothing where all that was counted is ours', async () => {
    const fixture = await observed({ 'x-ratelimit-limit': 10, 'x-ratelimit-remaining': 9 })
    expect(fixture.limiter.snapshot().rateLimits[0]).not.toHaveProperty('usedByOthers')
    expect(free(fixture)).toBe(9)
  })

  it('changes nothing where it is switched off', async () => {
    expect(free(await observed(someTaken, { rateHeaders: 'ignore' }))).toBe(9)
  })

  it.each([
    ['per second', { 'x-ratelimit-limit': 1, 'x-ratelimit-remaining': 0 }],
    ['of tokens', { 'x-ratelimit-limit-tokens': 10, 'x-ratelimit-remaining-tokens': 0 }],
    ['of nothing', { 'x-ratelimit-remaining': 0, 'x-ratelimit-reset': 60 }],
    ['of Azure', { 'x-ratelimit-limit-requests': -1, 'x-ratelimit-remaining-requests': -1 }],
    ['of more than there is', { 'x-ratelimit-limit': 10, 'x-ratelimit-remaining': 11 }],
    ['of words', { 'x-ratelimit-limit': 10, 'x-ratelimit-remaining': 'none' }],
  ])('ignores a rest %s', async (_what, values) => {
    expect(free(await observed(values))).toBe(9)
  })

  it('lowers the limit where a field names the window, for one window', async () => {
    const fixture = await observed({
      'ratelimit-policy': '"default";q=5;w=60',
      ratelimit: '"default";r=4;t=60',
    })
    expect(free(fixture)).toBe(4)
    fixture.clock.advance(70_000)
    expect(free(fixture)).toBe(10)
  })

  it('never raises the limit', async () => {
    const fixture = await observed({
      'ratelimit-policy': '"default";q=50;w=60',
      ratelimit: '"default";r=49;t=60',
    })
    expect(free(fixture)).toBe(9)
  })

  it('lets a waiting call go when what others had has run out', async () => {
    const fixture = await observed(someTaken)
    expect(free(fixture)).toBe(5)
    const call = fixture.call('waiting')
    await fixture.clock.run(60_000)
    expect(call.permit).toBeUndefined()
    await fixture.clock.run(4_000)
    expect(call.permit?.grantedAtMs).toBeLessThanOrEqual(63_800)
  })

  it('tells whoever asks how long it takes until then', async () => {
    const { limiter } = await observed({ 'x-ratelimit-limit': 10, 'x-ratelimit-remaining': 0 })
    while (limiter.tryAcquire().granted);
    expect(limiter.snapshot().waitMs).toBeGreaterThan(60_000)
    await expect(limiter.acquire({ deadlineMs: 50_000 })).rejects.toThrow('deadline')
  })

  it('does not take slots that came back while the answer was on its way for those of others', async () => {
    const fixture = new Fixture({ profile: profileOf({}), pacing: 'burst' })
    const first = fixture.calls(5, 'first')
    await fixture.clock.run(0)
    for (const { permit } of first) permit?.settle()
    await fixture.clock.run(50_000)
    const slow = await fixture.limiter.acquire()
    // The server counted it at once, when it remembered the five, and answers after it and we have forgotten them.
    await fixture.clock.run(20_000)
    slow.observe(headers({ 'x-ratelimit-limit': 10, 'x-ratelimit-remaining': 4 }))
    expect(fixture.limiter.snapshot().rateLimits[0]).not.toHaveProperty('usedByOthers')
  })

  it('forgets what others have when the limit is set', async () => {
    const fixture = await observed(someTaken)
    fixture.limiter.setRateLimit('limit-0', 20)
    expect(free(fixture)).toBe(19)
  })

  it('keeps what others have where the limit is set to what it is', async () => {
    const fixture = await observed(someTaken)
    fixture.limiter.setRateLimit('limit-0', 10)
    expect(free(fixture)).toBe(5)
  })

  it('is not told of a limit that is only paced: what is ours comes back before the server forgets it', async () => {
    const profile = profileOf({ tokensMax: 1_000, requestsMax: undefined, windowMs: 1_000 })
    const fixture = new Fixture({ profile, pacing: 'burst' })
    // It takes half a second to arrive, so the server counts it until 1,500.
    expect(fixture.limiter.tryAcquire({ tokens: 600 }).granted).toBe(true)
    await fixture.clock.run(1_200)
    const permit = await fixture.limiter.acquire({ tokens: 100 })
    permit.observe(headers({ 'x-tokenlimit-limit': 1_000, 'x-tokenlimit-remaining': 300 }))
    expect(fixture.limiter.snapshot().rateLimits[0]).not.toHaveProperty('usedByOthers')
    expect(fixture.limiter.snapshot({ tokens: 900 }).waitMs).toBeLessThan(1_200)
  })

  it('keeps tokens for others as it does requests', async () => {
    const profile = profileOf({ tokensMax: 1_000, requestsMax: undefined })
    const fixture = new Fixture({ profile, pacing: 'burst' })
    const permit = await fixture.limiter.acquire({ tokens: 100 })
    permit.observe(headers({ 'x-tokenlimit-limit': 1_000, 'x-tokenlimit-remaining': 500 }))
    expect(fixture.limiter.snapshot().rateLimits[0]).toMatchObject({
      used: 100,
      usedByOthers: 420,
    })
    expect(fixture.limiter.tryAcquire({ tokens: 481 }).granted).toBe(false)
    expect(fixture.limiter.tryAcquire({ tokens: 480 }).granted).toBe(true)
  })

  it('refuses another way than the two', () => {
    // @ts-expect-error -- what a caller without types may write
    expect(() => new Fixture({ rateHeaders: 'loosen' })).toThrow('rateHeaders')
  })
})
