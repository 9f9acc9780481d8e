import { describe, expect, it } from 'vitest'
import {
  findServerProfile,
  parseServerProfile,
  serverProfiles,
} from '../../../../src/server/handler.ts'

const limit = { id: 'a', endpoints: ['chat'], requestsMax: 2, windowMs: 1_000 }
const concurrency = { id: 'b', endpoint: 'batches', concurrentMax: 1, statusOver: 429 }

function profile(rateLimit: object, rest: object = {}): object {
  return { name: 'x', rateLimits: [rateLimit], concurrencyLimits: [concurrency], ...rest }
}

describe('parseServerProfile', () => {
  it('takes every profile that the mock ships, and each under its own name', () => {
    for (const shipped of serverProfiles) {
      expect(parseServerProfile(shipped)).toBe(shipped)
      expect(findServerProfile(shipped.name)).toBe(shipped)
    }
    expect(serverProfiles.map(({ name }) => name)).toEqual([
      'documented',
      'tier-free',
      'tier-1',
      'tier-2',
      'tier-3',
      'tier-4',
      'tier-5',
      'dynamic-2026-01',
      'dynamic',
      'unlimited',
    ])
  })

  it('takes a profile that has been through JSON', () => {
    for (const shipped of serverProfiles) {
      expect(parseServerProfile(JSON.parse(JSON.stringify(shipped)))).toEqual(shipped)
    }
  })

  it.each([
    ['profile', 'text', 'an object'],
    ['profile.name', { rateLimits: [], concurrencyLimits: [] }, 'a non-empty string'],
    ['profile.rateLimits[0].windowMs', profile({ ...limit, windowMs: '60s' }), 'a whole number'],
    [
      'profile.rateLimits[0].requestMax',
      profile({ ...limit, requestMax: 3 }),
      'nothing: known are',
    ],
    ['profile.rateLimits[0].endpoints', profile({ ...limit, endpoints: [] }), '1 or more items'],
    [
      'profile.rateLimits[0].endpoints',
      profile({ ...limit, endpoints: ['chat', 'chat'] }),
      'without repetition',
    ],
    [
      'profile.rateLimits[0].requestsMax',
      profile({ id: 'a', endpoints: ['chat'], windowMs: 1 }),
      'either requestsMax or tokensMax',
    ],
    [
      'profile.rateLimits[0].tokensMax',
      profile({ ...limit, tokensMax: 5 }),
      'either requestsMax or tokensMax',
    ],
    [
      'profile.rateLimits[0].enforcement.kind',
      profile({ ...limit, enforcement: { kind: 'leaky' } }),
      'fixed-window, sliding-log, sliding-counter, token-bucket, gcra, slices',
    ],
    [
      'profile.rateLimits[0].enforcement.sliceMs',
      profile({ ...limit, enforcement: { kind: 'slices', sliceMs: 2_000 } }),
      'at most the window of 1000',
    ],
    [
      'profile.rateLimits[0].dynamic.cap',
      profile({ ...limit, dynamic: { factor: 2, cap: 1, memoryMs: 60_000 } }),
      'at least the base of 2',
    ],
    [
      'profile.rateLimits[0].enforcement',
      profile({
        ...limit,
        dynamic: { factor: 2, cap: 9, memoryMs: 60_000 },
        enforcement: { kind: 'sliding-log' },
      }),
      'slices of a second',
    ],
    ['profile.replicas', profile(limit, { replicas: 0 }), 'from 1 to 100'],
    [
      'profile.headers.always[0]',
      profile(limit, { headers: { always: ['x-limit'], refused: [] } }),
      'one of x-ratelimit-limit',
    ],
    ['profile.concurrencyLimits[0].id', profile({ ...limit, id: 'b' }), 'an id not used before'],
  ])('names %s', (option, value, expected) => {
    const sentence = `option ${option}: expected `
    let message = ''
    try {
      parseServerProfile(value)
    } catch (error) {
      message = String(error)
    }
    expect(message).toContain(sentence)
    expect(message).toContain(expected)
  })
})
