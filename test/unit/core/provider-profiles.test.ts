import { describe, expect, it } from 'vitest'
import { providerProfile, type Provider } from '../../../src/core/provider-profiles.ts'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'

/** The ids of the limits that a call draws on. */
async function limitsOf(limiter: TogetherRateLimiter, model: string): Promise<string[]> {
  const permit = await limiter.acquire({ model, tokens: 5 })
  const used = limiter.snapshot().rateLimits.filter((limit) => limit.used > 0)
  permit.settle()
  return used.map(({ id, model: whose }) => (whose === undefined ? id : `${id} (${whose})`))
}

describe('the profile of a provider', () => {
  it('limits each model for itself', async () => {
    const profile = providerProfile('openai', [{ requestsPerMinute: 500, tokensPerMinute: 30_000 }])
    const limiter = new TogetherRateLimiter({ profile })
    expect(await limitsOf(limiter, 'a')).toEqual(['requests (a)', 'tokens (a)'])
    expect(await limitsOf(limiter, 'b')).toContain('tokens (b)')
    const { rateLimits } = limiter.snapshot({ model: 'a' })
    expect(rateLimits[0]).toMatchObject({ used: 1, requestsMax: 500, windowMs: 60_000 })
    expect(profile.tokenAccounting).toBe('reserved')
  })

  it('has other numbers for other models, and none for those that nobody names', async () => {
    const profile = providerProfile('groq', [
      { models: ['a'], requestsPerMinute: 30, tokensPerMinute: 6_000 },
      { models: ['b', 'c'], isShared: true, tokensPerMinute: 9_000 },
    ])
    const limiter = new TogetherRateLimiter({ profile })
    expect(await limitsOf(limiter, 'd')).toEqual([])
    expect(await limitsOf(limiter, 'b')).toEqual(['tokens of b, c'])
    expect(await limitsOf(limiter, 'c')).toEqual(['tokens of b, c'])
    expect(limiter.snapshot().rateLimits.find(({ id }) => id === 'tokens of b, c')?.used).toBe(10)
    expect(await limitsOf(limiter, 'a')).toContain('requests of a (a)')
  })

  it.each([
    ['provider', () => providerProfile('toString' as Provider, [])],
    ['limits', () => providerProfile('groq', {} as [])],
  ])('needs a %s that there is', (option, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }))
  })

  it('names numbers that make no sense where they are used', () => {
    const profile = providerProfile('groq', [{ requestsPerMinute: 0 }])
    expect(() => new TogetherRateLimiter({ profile })).toThrow('requestsMax')
  })
})
