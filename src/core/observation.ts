/**
 * What a limiter and the retries that run with it have in common for whoever watches them: a name, a listener, counters.
 */
import type { EventListener } from './events.ts'

/** What the retries have done that ran with a limiter, the fetch included. @public */
export interface RetryCounters {
  /** Requests sent, also those that have no limit and take no permit. */
  attempts: number
  /** Answers of 429. */
  limited: number
  /** Attempts that failed and were followed by another one, or would have been had the call not ended before. */
  retried: number
  /** Calls that ended without a further attempt, after at least one. */
  gaveUp: number
}

/** @internal */
export interface Observation {
  /** Of the limiter; undefined for one of another make. */
  readonly name: string | undefined
  readonly onEvent: EventListener | undefined
  readonly counters: RetryCounters
}

/** @internal */
export function createRetryCounters(): RetryCounters {
  return { attempts: 0, limited: 0, retried: 0, gaveUp: 0 }
}
