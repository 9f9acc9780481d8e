/** The shipped module as a subject: the default of every run, and the other half of a subject that has only one. */
import {
  batchEmbedDocuments,
  createFineTuneQueue,
  embedDocuments,
  iterateBatch,
  iterateRequests,
  runBatch,
  runRequests,
} from '../../src/batch/index.ts'
import { batchWorkload, embedWorkload, resume, runWorkload } from '../../src/cli/index.ts'
import type { Clock } from '../../src/core/clock.ts'
import { createRateLimitedFetch, type RateLimitedFetchOptions } from '../../src/fetch/index.ts'
import { createLimiter, TogetherRateLimiter } from '../../src/limiter/index.ts'
import { togetherRetry } from '../../src/retry/index.ts'
import {
  documentedProfile,
  dynamicProfile,
  type Profile,
  type RateLimit,
} from '../../src/core/profile.ts'
import { tierProfile, type Tier } from '../../src/core/tier-profiles.ts'
import { isTier } from '../profiles.ts'
import type { Scenario, TokenPlan } from '../scenario/types.ts'
import type { AlterShipped, ShippedParts, Subject, SubjectLimiter, SubjectRetry } from './types.ts'

const shippedParts: ShippedParts = {
  createFullLimiter: (options) => new TogetherRateLimiter(options),
  retry: togetherRetry as SubjectRetry,
  createFetch: (options) => createRateLimitedFetch(options as RateLimitedFetchOptions),
  workloads: {
    batchEmbedDocuments,
    createFineTuneQueue,
    embedDocuments,
    iterateBatch,
    iterateRequests,
    runBatch,
    runRequests,
    resume,
    batchWorkload,
    embedWorkload,
    runWorkload,
  },
}

export const shippedSubject: Subject = { ...assemble('shipped', shippedParts), createLimiter }

/** The shipped module with something changed in it. */
export function alteredSubject(name: string, alter: AlterShipped): Subject {
  return assemble(name, { ...shippedParts, ...alter(shippedParts) })
}

function assemble(name: string, parts: ShippedParts): Subject {
  const { createFullLimiter, retry, createFetch, workloads } = parts
  return {
    name,
    workloads,
    createLimiter: ({ maxPerMinute, arrivalBoundMs }) =>
      createFullLimiter({ maxPerMinute, arrivalBoundMs }),
    createFullLimiter,
    createFetch,
    retry,
    shippedLimiter: true,
    shippedRetry: true,
  }
}

/**
 * The limiter for a scenario: by the contract's two options, or with all that the scenario sets.
 *
 * @param its - Of a process that may die its clock, the host's where it is not said, and what another has used before it.
 */
export function createScenarioLimiter(
  subject: Subject,
  scenario: Scenario,
  { clock, initialUsage }: { clock?: Clock; initialUsage?: number } = {},
): SubjectLimiter {
  const { maxPerMinute, arrivalBoundMs, settings } = scenario
  if (scenario.interface === 'contract' || subject.createFullLimiter === undefined) {
    return subject.createLimiter({ maxPerMinute, arrivalBoundMs })
  }
  return subject.createFullLimiter({
    arrivalBoundMs,
    pacing: settings.pacing,
    pauseMsMax: settings.serverDelayMsMax,
    profile: profileFor(scenario),
    ...(clock === undefined ? {} : { clock }),
    ...(initialUsage === undefined ? {} : { initialUsage }),
    ...(settings.concurrencyMax === undefined ? {} : { concurrencyMax: settings.concurrencyMax }),
  })
}

function profileFor({ tokens, dynamic, profile }: Scenario): Profile {
  if (dynamic !== undefined) {
    const { basePerMinute, capPerMinute } = dynamic
    return dynamicProfile({ baseRequests: basePerMinute, requestsMax: capPerMinute })
  }
  if (isTier(profile)) return tierProfile(profile as Tier)
  if (profile === 'unlimited') return { name: profile, rateLimits: [], concurrencyLimits: [] }
  return tokens === undefined ? documentedProfile : withTokens(tokens)
}

/** The documented profile and the limit in tokens, as a user would write it down. */
function withTokens({ tokensMax, accounting }: TokenPlan): Profile {
  const limit: RateLimit = { id: 'chat-tokens', endpoints: ['chat'], tokensMax, windowMs: 60_000 }
  const { rateLimits } = documentedProfile
  return { ...documentedProfile, tokenAccounting: accounting, rateLimits: [...rateLimits, limit] }
}

/** The shipped limiter's own counts of what it and its retries have done; undefined for others. */
export function readCounters(limiter: SubjectLimiter): Record<string, number> | undefined {
  return limiter instanceof TogetherRateLimiter ? { ...limiter.snapshot().counters } : undefined
}
