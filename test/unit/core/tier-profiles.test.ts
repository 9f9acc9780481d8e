import { describe, expect, it } from 'vitest'
import { InvalidOptionError } from '../../../src/core/errors.ts'
import { tierProfile, type Tier } from '../../../src/core/tier-profiles.ts'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import { Fixture } from '../../helpers/limiter-fixture.ts'

function tokens(index: number): number {
  return [100, 500, 1_400, 2_900, 20][index % 5] ?? 0
}

describe('tierProfile', () => {
  // Requests and tokens a second for chat and embeddings, requests a minute for images and DeepSeek-R1.
  it.each([
    ['tier-free', [1, 1_000, 50, 16_666, 1, 9]],
    ['tier-1', [10, 3_000, 50, 33_333, 5, 9, 3]],
    ['tier-2', [30, 4_166, 83, 33_333, 10, 9, 60]],
    ['tier-3', [50, 8_333, 83, 166_666, 15, 9, 400]],
    ['tier-4', [75, 16_666, 166, 166_666, 20, 9, 400]],
    ['tier-5', [100, 33_333, 166, 333_333, 50, 9, 1_200]],
  ] as const)('has the numbers of %s', (tier, numbers) => {
    const { name, rateLimits } = tierProfile(tier)
    expect(name).toBe(tier)
    expect(rateLimits.map(({ requestsMax, tokensMax }) => requestsMax ?? tokensMax)).toEqual(
      numbers,
    )
    expect(rateLimits.map(({ windowMs }) => windowMs / 1_000)).toEqual(
      [1, 1, 1, 1, 60, 60, 60].slice(0, numbers.length),
    )
    expect(() => new TogetherRateLimiter({ profile: tierProfile(tier) })).not.toThrow()
  })

  it.each(['tier-6', 'toString', undefined])('refuses %s', (tier) => {
    expect(() => tierProfile(tier as Tier)).toThrow(InvalidOptionError)
  })

  it('sends neither more requests nor more tokens in any second than the tier has', async () => {
    const fixture = new Fixture({ profile: tierProfile('tier-1') })
    for (let index = 0; index < 200; index += 1) {
      fixture.call(String(index), { tokens: tokens(index) })
    }
    await fixture.clock.run(120_000)
    expect(fixture.granted).toHaveLength(200)
    for (const fromMs of fixture.grantedAtMs) {
      const inSecond = [...fixture.grantedAtMs.entries()].filter(([, atMs]) => {
        return atMs >= fromMs && atMs < fromMs + 1_000
      })
      expect(inSecond.length).toBeLessThanOrEqual(10)
      const sum = inSecond.reduce((total, [index]) => total + tokens(index), 0)
      expect(sum).toBeLessThanOrEqual(3_000)
    }
  })
})
