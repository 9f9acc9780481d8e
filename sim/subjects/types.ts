/** What the simulator judges: a module with a limiter, a retry, or both. The shapes are a contract with the outside. */
import type * as batch from '../../src/batch/index.ts'
import type * as cli from '../../src/cli/index.ts'
import type { RateLimitedFetchOptions } from '../../src/fetch/index.ts'
import type { LimiterOptions } from '../../src/limiter/index.ts'

/** What `acquire()` may give: something to release, or nothing. */
export interface SubjectPermit {
  settle?(): void
  release?(): void
  abandon?(): void
  settleTokens?(used: number): void
}

export interface SubjectLimiter {
  acquire(request?: unknown): Promise<unknown>
}

export interface SubjectLimiterOptions {
  maxPerMinute: number
  arrivalBoundMs: number
}

export type SubjectRetry = (
  limiter: SubjectLimiter,
  fn: (attempt?: { signal?: AbortSignal; permit?: unknown }) => Promise<Response>,
  maxRetriesOrOptions?: unknown,
) => Promise<unknown>

/** The shipped module by its parts, of which a variant replaces some. */
export interface ShippedParts {
  createFullLimiter: (options: LimiterOptions) => SubjectLimiter
  retry: SubjectRetry
  createFetch: (options: SubjectFetchOptions) => typeof globalThis.fetch
  workloads: Workloads
}

/** The long runs. */
export type Workloads = Pick<
  typeof batch,
  | 'batchEmbedDocuments'
  | 'createFineTuneQueue'
  | 'embedDocuments'
  | 'iterateBatch'
  | 'iterateRequests'
  | 'runBatch'
  | 'runRequests'
> &
  Pick<typeof cli, 'resume' | 'batchWorkload' | 'embedWorkload' | 'runWorkload'>

/** The shipped fetch's options, around a limiter that may be under observation. */
export type SubjectFetchOptions = Omit<RateLimitedFetchOptions, 'limiter'> & {
  limiter: SubjectLimiter
}

/**
 * What a variant exports: the shipped module with something changed in it. It is judged as the shipped module is, with all
 * that a module from outside cannot express. For the tests of the simulator only; the name is no contract.
 */
export type AlterShipped = (shipped: ShippedParts) => Partial<ShippedParts>

/** A subject, with what it lacks taken from the shipped module. */
export interface Subject {
  /** As it was named on the command line. */
  name: string
  createLimiter: (options: SubjectLimiterOptions) => SubjectLimiter
  /** With all that a scenario sets, where the subject has the shipped module's interface. */
  createFullLimiter: ShippedParts['createFullLimiter'] | undefined
  createFetch: ShippedParts['createFetch'] | undefined
  workloads: Workloads | undefined
  retry: SubjectRetry
  shippedLimiter: boolean
  shippedRetry: boolean
}
