/** What the simulator judges: a module with a limiter, a retry, or both. The shapes are a contract with the outside. */

/** What `acquire()` may give: something to release, or nothing. */
export interface SubjectPermit {
  settle?(): void
  release?(): void
  abandon?(): void
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

/** A subject, with what it lacks taken from the shipped module. */
export interface Subject {
  /** As it was named on the command line. */
  name: string
  createLimiter: (options: SubjectLimiterOptions) => SubjectLimiter
  retry: SubjectRetry
  shippedLimiter: boolean
  shippedRetry: boolean
}
