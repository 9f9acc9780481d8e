/** The shipped module as a subject: the default of every run, and the other half of a subject that has only one. */
import { createLimiter, TogetherRateLimiter } from '../../src/limiter/index.ts'
import { togetherRetry } from '../../src/retry/index.ts'
import type { Scenario } from '../scenario/types.ts'
import type { Subject, SubjectLimiter, SubjectRetry } from './types.ts'

export const shippedSubject: Subject = {
  name: 'shipped',
  createLimiter,
  retry: togetherRetry as SubjectRetry,
  shippedLimiter: true,
  shippedRetry: true,
}

/** The limiter for a scenario: by the contract's two options, or with all that the scenario sets. */
export function createScenarioLimiter(subject: Subject, scenario: Scenario): SubjectLimiter {
  const { maxPerMinute, arrivalBoundMs, settings } = scenario
  if (scenario.interface === 'contract') {
    return subject.createLimiter({ maxPerMinute, arrivalBoundMs })
  }
  return new TogetherRateLimiter({
    arrivalBoundMs,
    pacing: settings.pacing,
    pauseMsMax: settings.serverDelayMsMax,
    ...(settings.concurrencyMax === undefined ? {} : { concurrencyMax: settings.concurrencyMax }),
  })
}

/** The shipped limiter's own count of its grants; undefined for others. */
export function readGrantedCounter(limiter: SubjectLimiter): number | undefined {
  return limiter instanceof TogetherRateLimiter ? limiter.snapshot().counters.granted : undefined
}
