import { describe, expect, it } from 'vitest'
import { dynamicProfile, type RateLimit } from '../../../src/core/profile.ts'
import { TogetherRateLimiter, type Permit } from '../../../src/limiter/index.ts'
import { togetherRetry } from '../../../src/retry/index.ts'
import { Fixture, profileOf } from '../../helpers/limiter-fixture.ts'
import { answer, fixedRandom, networkError } from '../../helpers/retry-world.ts'

const model = 'a'

function fixtureAt(requestsStart: number): Fixture {
  return new Fixture({ profile: dynamicProfile({ requestsStart }) })
}

function rateOf({ limiter }: Fixture, of = model): number | undefined {
  const { rateLimits } = limiter.snapshot({ model: of })
  return rateLimits.find((limit) => limit.model === of)?.requestsNow
}

/** Permits that are granted at once, or one after the other on the way. */
function take(fixture: Fixture, count: number): Permit[] {
  const permits: Permit[] = []
  while (permits.length < count) {
    const attempt = fixture.limiter.tryAcquire({ model })
    if (attempt.granted) permits.push(attempt.permit)
    else fixture.clock.advance(Math.ceil(attempt.retryAfterMs))
  }
  return permits
}

describe('an adaptive limit', () => {
  it('spaces requests evenly at its present rate', async () => {
    const fixture = fixtureAt(600)
    fixture.calls(5, 'c', { model })
    await fixture.clock.run(1_000)
    expect(fixture.grantedAtMs).toEqual([0, 80, 180, 280, 380])
  })

  it.each(['even', 'burst'] as const)('lets no second go at once with pacing %s', (pacing) => {
    const { limiter } = new Fixture({ profile: dynamicProfile(), pacing, burstMax: 50 })
    expect(limiter.tryAcquire({ model }).granted).toBe(true)
    expect(limiter.tryAcquire({ model }).granted).toBe(false)
  })

  it('sinks once for a burst of refusals, and rises with successes', () => {
    const fixture = fixtureAt(600)
    const permits = take(fixture, 5)
    for (const permit of permits) permit.report('limited')
    expect(rateOf(fixture)).toBeCloseTo(582)
    for (const permit of take(fixture, 60)) permit.report('succeeded')
    expect(rateOf(fixture)).toBeGreaterThan(590)
    expect(rateOf(fixture)).toBeLessThan(600)
  })

  it('lets those who wait go sooner when it rises', async () => {
    const fixture = fixtureAt(60)
    for (let count = 0; count < 100; count += 1) take(fixture, 1)[0]?.report('succeeded')
    expect(rateOf(fixture)).toBeGreaterThan(120)
    fixture.calls(3, 'c', { model })
    await fixture.clock.run(1_500)
    expect(fixture.granted).toHaveLength(3)
  })

  it('hears only the first report of a permit', () => {
    const fixture = fixtureAt(600)
    const [permit] = take(fixture, 1)
    permit?.report('failed')
    permit?.report('limited')
    expect(rateOf(fixture)).toBe(600)
  })

  it('is each model’s own, or the key’s', () => {
    const fixture = fixtureAt(600)
    take(fixture, 1)[0]?.report('limited')
    expect(rateOf(fixture)).toBeLessThan(600)
    expect(rateOf(fixture, 'b')).toBe(600)
    const shared = new Fixture({
      profile: profileOf({ requestsMax: 600, adaptive: { requestsMin: 60, requestsStart: 600 } }),
    })
    take(shared, 1)[0]?.report('limited')
    expect(shared.limiter.snapshot().rateLimits[0]?.requestsNow).toBeCloseTo(582)
  })

  it('keeps within a maximum that is changed, also below its minimum', () => {
    const fixture = fixtureAt(600)
    take(fixture, 1)
    fixture.limiter.setRateLimit('dynamic', 300)
    expect(rateOf(fixture)).toBe(300)
    fixture.limiter.setRateLimit('dynamic', 30)
    expect(rateOf(fixture)).toBe(30)
    take(fixture, 1)
    expect(fixture.limiter.snapshot({ model }).waitMs).toBeCloseTo(2_000)
  })

  it('may have a strict window as its maximum', async () => {
    const profile = profileOf({ requestsMax: 10, adaptive: { requestsMin: 1, requestsStart: 10 } })
    const fixture = new Fixture({ profile })
    for (const call of fixture.calls(12, 'c')) call.permit?.settle()
    await fixture.clock.run(60_000)
    expect(fixture.granted).toHaveLength(10)
  })

  it('is remembered among a thousand models, for an hour', () => {
    const fixture = fixtureAt(600)
    take(fixture, 1)[0]?.report('limited')
    const nameModels = (from: number): void => {
      for (let name = from; name < from + 2_500; name += 1) {
        fixture.limiter.tryAcquire({ model: `model-${name}` })
      }
    }
    fixture.clock.advance(60_000)
    nameModels(0)
    expect(rateOf(fixture)).toBeCloseTo(582)
    fixture.clock.advance(3_700_000)
    nameModels(2_500)
    expect(rateOf(fixture)).toBe(600)
  })

  it.each<[string, RateLimit['adaptive']]>([
    ['requestsMin', { requestsMin: 0 }],
    ['requestsMin', { requestsMin: 11 }],
    ['requestsMin', { requestsMin: Number.NaN }],
    ['requestsStart', { requestsMin: 5, requestsStart: 4 }],
    ['requestsStart', { requestsMin: 5, requestsStart: 11 }],
  ])('is refused for its %s in %o', (field, adaptive) => {
    const profile = profileOf({ requestsMax: 10, adaptive: adaptive! })
    expect(() => new TogetherRateLimiter({ profile })).toThrow(
      expect.objectContaining({ option: `profile.rateLimits[0].adaptive.${field}` }),
    )
  })

  it('takes its maximum from maxPerMinute too', () => {
    const { limiter } = new Fixture({ profile: dynamicProfile(), maxPerMinute: 30 })
    expect(limiter.snapshot({ model }).rateLimits[0]).toMatchObject({
      requestsMax: 30,
      requestsNow: 30,
    })
  })
})

/** Of a limiter that had one call, whose first answer was `first` and whose second a success. */
async function rateAfter(first: Response | Error): Promise<number | undefined> {
  const fixture = fixtureAt(600)
  const send = async ({ attempt }: { attempt: number }): Promise<Response> => {
    if (attempt > 1) return answer(200)
    if (first instanceof Error) throw first
    return first
  }
  const call = togetherRetry(fixture.limiter, send, { model, random: fixedRandom(0.5) })
  call.catch(() => undefined)
  await fixture.clock.run(10_000)
  return rateOf(fixture)
}

describe('togetherRetry with an adaptive limit', () => {
  it.each([
    [429, { error: { type: 'credit_limit' } }],
    [429, { error_type: 'dynamic_request_limited' }],
    [429, {}],
  ])('lowers the rate on %i %o', async (status, body) => {
    expect(await rateAfter(answer(status, body))).toBeLessThan(600)
  })

  it.each([402, 400, 401, 404, 500, 503, 529])('does not lower it on %i', async (status) => {
    expect(await rateAfter(answer(status))).toBe(600)
  })

  it('does not lower it on a failure of the network', async () => {
    expect(await rateAfter(networkError())).toBe(600)
  })

  it('lowers it once for all who are refused together, pauses them, and lets them back spaced', async () => {
    const fixture = fixtureAt(600)
    const sentAtMs: number[] = []
    const { clock, limiter } = fixture
    const send = async ({ attempt }: { attempt: number }): Promise<Response> => {
      sentAtMs.push(clock.now())
      await new Promise<void>((resolve) => clock.setTimer(resolve, 450))
      return attempt === 1 ? answer(429, {}, { 'x-ratelimit-reset': '2' }) : answer(200)
    }
    const options = { model, random: fixedRandom(0) }
    const calls = Array.from({ length: 5 }, () => togetherRetry(limiter, send, options))
    await clock.run(10_000)
    await expect(Promise.all(calls)).resolves.toHaveLength(5)
    const again = sentAtMs.filter((atMs) => atMs > 1_000)
    // 2 s after the last of five refusals, at 582 a minute.
    expect(again[0]).toBeGreaterThanOrEqual(2_830)
    expect((again[4] ?? 0) - (again[0] ?? 0)).toBeCloseTo(412, -1)
  })
})
