/**
 * The life of a batch in simulated time: what it is doing at an instant, and how many of its requests are over.
 *
 * A batch passes through VALIDATING and IN_PROGRESS to COMPLETED; it is FAILED at the end of validation where its input is
 * no good, and EXPIRED where it is not done after 24 hours. Its requests are over one after the other, evenly.
 */

import { endsAtMs, isFinished, type Job } from '../../state/job-store.ts'
import type { BatchDetails } from '../operation.ts'

/** A batch. @internal */
export type Batch = Job<BatchDetails>

/** The share of the planned time that validation takes. @internal */
export const VALIDATION_SHARE = 0.1

/** What a batch has to be done in. @internal */
export const COMPLETION_WINDOW_MS = 86_400_000

/** The status at an instant. @internal */
export function statusOf(batch: Batch, nowMs: number): string {
  if (batch.cancelledAtMs !== undefined) return 'CANCELLED'
  if (isFinished(batch, nowMs)) return batch.details.ending
  return nowMs < batch.createdAtMs + batch.details.validationMs ? 'VALIDATING' : 'IN_PROGRESS'
}

/** How many requests are over at an instant. @internal */
export function doneCount(batch: Batch, nowMs: number): number {
  const { ending, requestCount, validationMs, runMs } = batch.details
  const untilMs = Math.min(nowMs, batch.cancelledAtMs ?? Infinity, endsAtMs(batch))
  if (untilMs === endsAtMs(batch) && ending === 'COMPLETED') return requestCount
  const ranMs = untilMs - batch.createdAtMs - validationMs
  if (ranMs <= 0) return 0
  return Math.min(requestCount, Math.floor((ranMs / runMs) * requestCount))
}

/** How many of them failed. @internal */
export function failedCount(batch: Batch, nowMs: number): number {
  const done = doneCount(batch, nowMs)
  return batch.details.failedPlaces.filter((place) => place < done).length
}
