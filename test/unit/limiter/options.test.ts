import { describe, expect, it } from 'vitest'
import { InvalidOptionError } from '../../../src/core/errors.ts'
import { documentedProfile, dynamicProfile, type Profile } from '../../../src/core/profile.ts'
import { tierProfile } from '../../../src/core/tier-profiles.ts'
import {
  type AcquireRequest,
  createLimiter,
  limiterDefaults,
  type LimiterOptions,
  TogetherRateLimiter,
} from '../../../src/limiter/index.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'
import { profileOf } from '../../helpers/limiter-fixture.ts'

function requestsMaxOf(limiter: TogetherRateLimiter): Record<string, number | undefined> {
  const { rateLimits } = limiter.snapshot()
  return Object.fromEntries(rateLimits.map(({ id, requestsMax }) => [id, requestsMax]))
}

describe('LimiterOptions', () => {
  it.each([
    ['maxPerMinute', 0],
    ['maxPerMinute', 1.5],
    ['maxPerMinute', Number.NaN],
    ['burstMax', 0],
    ['arrivalBoundMs', -1],
    ['arrivalBoundMs', Infinity],
    ['answerBoundMs', -1],
    ['tokensDefault', 0.5],
    ['tokensDefault', -1],
    ['initialUsage', 1.01],
    ['initialUsage', -0.1],
    ['queueLengthMax', -1],
    ['concurrencyMax', 0],
    ['pauseMsMax', Number.NaN],
    ['priorityAgingMs', '5'],
    ['pacing', 'fast'],
    ['clock', {}],
  ])('refuses %s: %s by its name', (option, value) => {
    const options = { [option]: value } as LimiterOptions
    expect(() => new TogetherRateLimiter(options)).toThrow(InvalidOptionError)
    expect(() => new TogetherRateLimiter(options)).toThrow(expect.objectContaining({ option }))
  })

  it.each([
    ['profile.rateLimits[0].requestsMax', profileOf({ requestsMax: 0 })],
    ['profile.rateLimits[0]', profileOf({ tokensMax: 10 })],
    ['profile.rateLimits[0]', profileOf({ requestsMax: undefined })],
    ['profile.rateLimits[0].tokensMax', profileOf({ requestsMax: undefined, tokensMax: 1.5 })],
    ['profile.tokenAccounting', { ...profileOf(), tokenAccounting: 'both' as 'used' }],
    ['profile.rateLimits[0].windowMs', profileOf({ windowMs: 0 })],
    ['profile.rateLimits[1].id', profileOf({ id: 'a' }, { id: 'a' })],
    ['profile.rateLimits[0].endpoints', profileOf({ endpoints: ['audio' as 'chat'] })],
    [
      'profile.concurrencyLimits[0].heldUntil',
      {
        ...profileOf(),
        concurrencyLimits: [
          { id: 'a', endpoints: ['chat'], concurrentMax: 1, heldUntil: 'ever' as 'job' },
        ],
      } as const,
    ],
  ])('refuses a profile for its %s', (option, profile) => {
    expect(() => new TogetherRateLimiter({ profile })).toThrow(expect.objectContaining({ option }))
  })

  it('takes undefined for not given', () => {
    const limiter = new TogetherRateLimiter({
      pacing: undefined,
      arrivalBoundMs: undefined,
    } as object)
    expect(limiter.arrivalBoundMs).toBe(5_000)
  })

  it('keeps the documented limits by default', () => {
    expect(limiterDefaults.profile).toBe(documentedProfile)
    expect(Object.isFrozen(limiterDefaults)).toBe(true)
    const limits = { chat: 600, embeddings: 300, 'chat-and-embeddings': 600, images: 60 }
    expect(requestsMaxOf(new TogetherRateLimiter())).toEqual(limits)
  })

  it.each([
    [500, { chat: 500, embeddings: 300, 'chat-and-embeddings': 500, images: 60 }],
    [100, { chat: 100, embeddings: 100, 'chat-and-embeddings': 100, images: 60 }],
  ])('takes the number %s for the quota of chat and the shared one', (given, limits) => {
    expect(requestsMaxOf(new TogetherRateLimiter(given))).toEqual(limits)
    const asOption = new TogetherRateLimiter({ maxPerMinute: given })
    expect(requestsMaxOf(asOption)).toEqual(limits)
    const subject = createLimiter({ maxPerMinute: given, arrivalBoundMs: 700 })
    expect(requestsMaxOf(subject)).toEqual(limits)
    expect(subject.arrivalBoundMs).toBe(700)
  })

  it('touches no clock before the first call', () => {
    const clock = new VirtualClock()
    let reads = 0
    clock.now = () => {
      reads += 1
      return 0
    }
    const limiter = new TogetherRateLimiter({ clock })
    expect(reads).toBe(0)
    limiter.tryAcquire()
    expect(reads).toBeGreaterThan(0)
  })
})

describe('the batches of a profile', () => {
  it.each([
    ['requestsMax', { requestsMax: 0, bytesMax: 1 }],
    ['requestsMax', { bytesMax: 1 }],
    ['bytesMax', { requestsMax: 1, bytesMax: 1.5 }],
    ['priceShare', { requestsMax: 1, bytesMax: 1, priceShare: 1.1 }],
    ['priceShare', { requestsMax: 1, bytesMax: 1, priceShare: Number.NaN }],
  ])('are refused for their %s', (field, batches) => {
    const profile = { ...documentedProfile, batches } as Profile
    expect(() => new TogetherRateLimiter({ profile })).toThrow(
      expect.objectContaining({ option: `profile.batches.${field}` }),
    )
  })

  it('are those of the documents, and may be left out', () => {
    expect(documentedProfile.batches).toMatchObject({ requestsMax: 100, bytesMax: 100_000_000 })
    for (const profile of [tierProfile('tier-1'), dynamicProfile()]) {
      expect(profile.batches).toMatchObject({ requestsMax: 50_000, bytesMax: 100_000_000 })
      expect(() => new TogetherRateLimiter({ profile })).not.toThrow()
    }
    const { batches: _batches, ...profile } = documentedProfile
    expect(() => new TogetherRateLimiter({ profile })).not.toThrow()
  })
})

describe('AcquireRequest', () => {
  it.each([
    ['endpoint', 'audio'],
    ['model', 7],
    ['cost', 0],
    ['cost', Number.NaN],
    ['cost', 1.5],
    ['tokens', -1],
    ['tokens', 1.5],
    ['priority', 101],
    ['priority', 0.5],
    ['signal', {}],
    ['deadlineMs', -1],
    ['deadlineMs', Number.NaN],
    ['queuedAtMs', Infinity],
  ])(
    'is refused for %s: %s, as a rejection by acquire, thrown by tryAcquire',
    async (option, value) => {
      const limiter = new TogetherRateLimiter({ clock: new VirtualClock() })
      const request = { [option]: value } as AcquireRequest
      await expect(limiter.acquire(request)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        option,
      })
      expect(() => limiter.tryAcquire(request)).toThrow(expect.objectContaining({ option }))
      expect(() => limiter.snapshot(request)).toThrow(expect.objectContaining({ option }))
    },
  )

  it('is refused where it is no object', async () => {
    const limiter = new TogetherRateLimiter({ clock: new VirtualClock() })
    await expect(limiter.acquire(null as unknown as AcquireRequest)).rejects.toThrow(
      InvalidOptionError,
    )
    await expect(limiter.acquire('chat' as AcquireRequest)).rejects.toThrow(InvalidOptionError)
  })

  it('is refused where it costs more than a limit can hold', async () => {
    const limiter = new TogetherRateLimiter({ clock: new VirtualClock() })
    const error = { code: 'COST_TOO_LARGE', cost: 301, costMax: 300 }
    await expect(limiter.acquire({ endpoint: 'embeddings', cost: 301 })).rejects.toMatchObject(
      error,
    )
    expect(() => limiter.tryAcquire({ endpoint: 'fine-tunes', cost: 4 })).toThrow(
      /fine-tunes holds 3/,
    )
  })

  it('names the limit and the value in a pause that makes no sense', () => {
    const limiter = new TogetherRateLimiter({ clock: new VirtualClock() })
    for (const delayMs of [-1, Number.NaN, Infinity]) {
      expect(() => limiter.pause({ delayMs })).toThrow(
        expect.objectContaining({ option: 'delayMs' }),
      )
    }
    expect(() => limiter.setRateLimit('nothing', 5)).toThrow(/the id of one/)
    expect(() => limiter.setRateLimit('chat', 0)).toThrow(/requestsMax/)
  })
})
