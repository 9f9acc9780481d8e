/**
 * The limiter's state as plain JSON, for logs, dashboards and the simulator.
 */
import { createRetryCounters, type RetryCounters } from '../core/observation.ts'
import type { PauseBook } from './pauses.ts'
import type { QuotaBook } from './quota.ts'
import type { Waiting } from './wait-queue.ts'

/** What has happened since the limiter was made, to it and to the retries that run with it. @public */
export interface LimiterCounters extends RetryCounters {
  /** Calls granted. */
  granted: number
  /** Grants whose headers came. */
  settled: number
  /** Grants that ended without headers. */
  abandoned: number
  /** Calls that left by their signal while they waited. */
  aborted: number
  /** Calls that failed on their deadline, at once or in time. */
  expired: number
  /** Calls that found the queue full. */
  refused: number
  /** Pauses that were reported. */
  paused: number
  /** Calls that failed because a pause was longer than `pauseMsMax`. */
  turnedAway: number
  /** Tokens taken by grants, where a limit counts tokens. */
  tokensReserved: number
  /** Tokens that answers came to, of those that were settled. */
  tokensUsed: number
}

/** What a limiter holds and has done at one moment, as plain JSON. @public */
export interface LimiterSnapshot {
  /** The limiter's `name`. */
  name: string
  /** Calls that wait. */
  queueLength: number
  /** Calls granted so far; the same as `counters.granted`. */
  granted: number
  /** Milliseconds that a new call would wait at least; calls ahead of it are taken to stay. */
  waitMs: number
  rateLimits: {
    id: string
    /** Whose quota it is, where each model has its own. */
    model?: string
    /**
     * Requests taken, or tokens. May be above the limit for a while: after that was lowered, and after a call of more
     * tokens than the limit has.
     */
    used: number
    /** Requests, or tokens, that others are taken to have, as far as answers tell; not there where it is none. */
    usedByOthers?: number
    /** Requests per window; not there where the limit counts tokens. */
    requestsMax?: number
    /** Of an adaptive limit: requests per window at present, fractions included. */
    requestsNow?: number
    /** Tokens per window; not there where the limit counts requests. */
    tokensMax?: number
    windowMs: number
  }[]
  concurrency: { id: string; used: number; concurrentMax: number }[]
  pauses: { key: string; remainingMs: number }[]
  counters: LimiterCounters
}

/** @internal */
export function createCounters(): LimiterCounters {
  return {
    granted: 0,
    settled: 0,
    abandoned: 0,
    aborted: 0,
    expired: 0,
    refused: 0,
    paused: 0,
    turnedAway: 0,
    tokensReserved: 0,
    tokensUsed: 0,
    ...createRetryCounters(),
  }
}

/** The parts of a snapshot that the books know. @internal */
export function describeBooks<T extends Waiting>(
  book: QuotaBook<T>,
  pauses: PauseBook,
  nowMs: number,
): Pick<LimiterSnapshot, 'rateLimits' | 'concurrency' | 'pauses'> {
  const rateLimits = [...book.quotas()].map((quota) => ({
    id: quota.limit.id,
    ...describeOthers(quota.usedByOthersAt(nowMs)),
    ...(quota.model === undefined ? {} : { model: quota.model }),
    used: quota.usedAt(nowMs),
    ...(quota.unit === 'tokens' ? { tokensMax: quota.slotsMax } : { requestsMax: quota.slotsMax }),
    ...(quota.requestsNow === undefined ? {} : { requestsNow: quota.requestsNow }),
    windowMs: quota.limit.windowMs,
  }))
  const concurrency = book.places.map(({ id, used, concurrentMax }) => ({
    id,
    used,
    concurrentMax,
  }))
  return { rateLimits, concurrency, pauses: pauses.list(nowMs) }
}

function describeOthers(usedByOthers: number): { usedByOthers?: number } {
  return usedByOthers === 0 ? {} : { usedByOthers }
}
