/**
 * Jobs that nobody started: under a lenient profile any id is answered, as a finished job.
 */

import type { Job, JobStore } from '../state/job-store.ts'
import type { Call, ServerState } from './operation.ts'

/** A job, and whether it was made up for the occasion. @internal */
export interface FoundJob<Details> {
  readonly job: Job<Details>
  readonly isMadeUp: boolean
}

/** The key's own job; else, where the profile is lenient, a finished one of that id that is kept nowhere. @internal */
export function findOrMakeUp<Details>(
  store: JobStore<Details>,
  { key, atMs, id }: Pick<Call, 'key' | 'atMs' | 'id'>,
  { profile }: Pick<ServerState, 'profile'>,
  details: Details,
): FoundJob<Details> | undefined {
  const job = store.find(key, id)
  if (job !== undefined) return { job, isMadeUp: false }
  if (profile.isLenient !== true) return undefined
  // The beginning of time is the same at every request, unless the caller's instants begin before zero.
  const createdAtMs = Math.min(0, atMs)
  const madeUp = { id, key, createdAtMs, durationMs: 0, details, cancelledAtMs: undefined }
  return { job: madeUp, isMadeUp: true }
}
