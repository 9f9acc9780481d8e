import { describe, expect, it } from 'vitest'
import { tierProfile, type Tier } from '../../../src/core/tier-profiles.ts'
import { findServerProfile, serverProfiles } from '../../../src/server/handler.ts'
import {
  factsOf,
  isTier,
  maxPerMinuteOf,
  mixedProfiles,
  profileNames,
  tierNames,
} from '../../../sim/profiles.ts'

/** What a server allows a minute for an endpoint, by its own profile. */
function serverMax(profile: string, endpoint: 'chat' | 'embeddings' | 'images'): number {
  const limits = findServerProfile(profile)?.rateLimits ?? []
  const own = limits.filter(
    ({ endpoints, requestsMax, models, scope }) =>
      requestsMax !== undefined &&
      models === undefined &&
      scope !== 'server' &&
      endpoints.includes(endpoint),
  )
  return Math.min(...own.map(({ requestsMax = Infinity }) => requestsMax))
}

describe('the profiles', () => {
  it('are all that the server knows by name, and all of them mixed', () => {
    const names = serverProfiles.map(({ name }) => name)
    expect(profileNames.toSorted()).toEqual([mixedProfiles, ...names].toSorted())
    expect(tierNames).toEqual(names.filter(isTier))
    expect(() => factsOf('gold')).toThrow('no profile gold')
  })

  it.each(serverProfiles.map(({ name }) => name))('%s allows what the server does', (name) => {
    const { chat, embeddings, images } = factsOf(name)
    expect([chat, embeddings, images]).toEqual([
      serverMax(name, 'chat'),
      serverMax(name, 'embeddings'),
      serverMax(name, 'images'),
    ])
  })

  it.each(tierNames)('%s allows what the client does', (name) => {
    const { rateLimits } = tierProfile(name as Tier)
    const perMinute = (id: string): number | undefined => {
      const limit = rateLimits.find((each) => each.id === id)
      if (limit === undefined) return undefined
      return ((limit.requestsMax ?? 0) * 60_000) / limit.windowMs
    }
    const { chat, embeddings, images, reasoning } = factsOf(name)
    expect([perMinute('chat'), perMinute('images')]).toEqual([chat, images])
    // Rounded down to whole requests a second.
    expect(perMinute('embeddings')).toBe(Math.floor(embeddings / 60) * 60)
    expect(perMinute('deepseek-r1')).toBe(reasoning)
  })

  it('tell a subject from outside a number also where there is no limit', () => {
    expect([maxPerMinuteOf('tier-2'), maxPerMinuteOf('unlimited')]).toEqual([1_800, 600])
  })
})
