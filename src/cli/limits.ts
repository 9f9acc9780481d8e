/**
 * From the command line to the limits and the limiter.
 */
import { InvalidOptionError } from '../core/errors.ts'
import { documentedProfile, dynamicProfile, type Profile } from '../core/profile.ts'
import { tierProfile, tiers } from '../core/tier-profiles.ts'
import { TogetherRateLimiter } from '../limiter/index.ts'
import type { CommandLine } from './arguments.ts'

/** @internal */
export function createLimiter(profile: Profile): TogetherRateLimiter {
  return new TogetherRateLimiter({ profile })
}

/** @throws {InvalidOptionError} There is no such profile. @internal */
export function readProfile({ profile, maxPerMinute }: CommandLine): Profile {
  return maxPerMinute === undefined ? findProfile(profile) : profileOf(maxPerMinute)
}

/** Whatever the command sends draws on it. */
function profileOf(requestsMax: number): Profile {
  const endpoints = ['chat', 'embeddings', 'images'] as const
  return {
    ...documentedProfile,
    name: 'max-per-minute',
    rateLimits: [{ id: 'requests', endpoints, requestsMax, windowMs: 60_000 }],
  }
}

function findProfile(name: string): Profile {
  if (name === documentedProfile.name) return documentedProfile
  const dynamic = dynamicProfile()
  if (name === dynamic.name) return dynamic
  const tier = tiers.find((one) => one === name)
  if (tier !== undefined) return tierProfile(tier)
  const expected = `one of ${[documentedProfile.name, dynamic.name, ...tiers].join(', ')}`
  throw new InvalidOptionError('--profile', name, expected)
}
